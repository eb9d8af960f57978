"""The first pages: what they say, the headers every answer carries, and the two questions of a machine."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from agencies.models import User
from agencies.vault.shred.models import StoreMark
from audit import door
from audit.models import PendingEvent
from audit.uuid7 import uuid7_floor
from bhu.urls import urlpatterns as real
from bhu.web import readiness
from tests.web.signing import signed_in

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
seen: list[door.Door] = []


def probe(_request: HttpRequest, what: str) -> HttpResponse:
    if what == "broken":
        raise ValueError("Jane Sample")
    seen.append(door.current())
    return HttpResponse("seen")


urlpatterns = [*real, path("probe/<str:what>", probe)]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    seen.clear()
    readiness._migrated.clear()
    yield
    readiness._migrated.clear()


@pytest.mark.django_db
def test_the_front_page_says_what_it_is_and_whom_to_call(client: Client) -> None:
    answer = client.get("/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="tel:988"' in page
    assert 'href="tel:911"' in page
    assert "working" in page
    assert "whoever controls both the server and its keys can read" in page
    assert "operator cannot read" not in page


@pytest.mark.django_db
def test_pages_need_no_inline_script_or_style_and_no_other_host(client: Client) -> None:
    page = client.get("/").content.decode()
    assert not re.search(r"<script|<style|style=|onclick|https?://", page)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/nowhere", "/healthz"])
def test_every_answer_carries_the_strict_headers(client: Client, address: str) -> None:
    headers = client.get(address).headers
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in headers["Permissions-Policy"]


@pytest.mark.django_db  # closing a streamed answer looks at the connections
def test_static_files_may_be_cached_and_are_for_this_site_only(client: Client) -> None:
    answer = client.get("/static/bhu/page.css")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer.close()


def test_the_request_id_is_ours_even_when_one_is_sent(client: Client) -> None:
    first = client.get("/healthz", headers={"X-Request-ID": "forged"}).headers["X-Request-ID"]
    second = client.get("/healthz").headers["X-Request-ID"]
    assert first != second
    assert all(re.fullmatch("[0-9a-f]{32}", request_id) for request_id in (first, second))


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_view_stands_behind_the_web_door_with_its_request_id() -> None:
    client = signed_in(User.objects.create_user("ada@example.org"))
    request_id = client.get("/probe/door").headers["X-Request-ID"]
    assert seen == [door.Door("web", request_id)]
    assert door.current() == door.Door()


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_a_broken_page_shows_nothing_of_what_broke_it() -> None:
    client = signed_in(User.objects.create_user("ada@example.org"))
    client.raise_request_exception = False
    answer = client.get("/probe/broken")
    assert answer.status_code == 500
    assert "Jane" not in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_that_only_tell_accept_no_writes(method: str) -> None:
    assert getattr(Client(), method)("/healthz").status_code == 405


def test_alive_asks_nothing_of_the_database(client: Client) -> None:
    answer = client.get("/healthz")  # the test may not touch the database
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
def test_ready_when_databases_migrations_keys_and_log_are(client: Client) -> None:
    answer = client.get("/readyz")
    checks = dict.fromkeys(("databases", "migrations", "stores", "keys", "sequencer"), "ok")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "checks": checks})


@pytest.mark.django_db
def test_not_ready_beside_the_store_of_another_installation(client: Client) -> None:
    StoreMark.objects.update(mark=uuid4())
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["stores"]) == (503, "not of one installation")


@pytest.mark.django_db
def test_not_ready_without_keys_and_the_answer_names_no_path(client: Client, settings: Any, tmp_path: object) -> None:
    settings.VAR_DIR = tmp_path
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "cannot be opened")
    assert str(tmp_path) not in answer.content.decode()


@pytest.mark.django_db
def test_not_ready_with_a_migration_missing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "behind", lambda alias: {"shred"} & {alias})
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "not migrated: shred")


@pytest.mark.django_db
def test_not_ready_when_the_log_has_fallen_behind(client: Client) -> None:
    waited = timedelta(seconds=readiness.LAG_ALARM + 30)
    PendingEvent.objects.create(event_id=uuid7_floor(timezone.now() - waited))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert re.fullmatch(r"behind by (90|91) s", answer.json()["checks"]["sequencer"])


@pytest.mark.django_db
def test_a_lost_database_is_said_on_the_front_page_and_nothing_else_is_asked(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise DatabaseError("connection refused at 10.0.0.5 as bhu")

    for alias in connections:
        monkeypatch.setattr(connections[alias], "cursor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "databases": "no answer from default, shred",
        "migrations": "not asked",
        "stores": "not asked",
        "keys": "not asked",
        "sequencer": "not asked",
    }
    assert "not ready" in client.get("/").content.decode()


def test_the_languages_of_the_pages_are_those_promised() -> None:
    assert [code for code, _ in settings.LANGUAGES] == ["en", "es", "pt", "km"]
