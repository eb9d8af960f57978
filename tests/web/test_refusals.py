"""A refusal, or a lost database, becomes a page in plain words with what to do next."""

from http import HTTPStatus

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from agencies.models import User
from bhu.urls import urlpatterns as real
from referrals import errors
from referrals.web.refusals import NEXT, STATUSES, status_of
from tests.web.signing import signed_in

RAISED = {
    "NotFound": errors.NotFound(),
    "Denied": errors.Denied("Your role does not open this part."),
    "Stale": errors.Stale("It is now version 3; you saw version 2."),
    "PreviewChanged": errors.PreviewChanged(),
    "Gone": errors.Gone("This is no longer open."),
    "KeyReused": errors.KeyReused("Used before."),
    "Unavailable": errors.Unavailable(OperationalError("disk is full")),
    "Broken": errors.Broken(),
    "TooEarly": errors.TooEarly("Wait."),
    "away": OperationalError("no answer from db.internal.example.org"),
}


def refuse(_request: HttpRequest, what: str) -> HttpResponse:
    raise RAISED[what]


def member() -> Client:
    """Somebody signed in, of no agency."""
    return signed_in(User.objects.create_user("somebody@example.org"))


urlpatterns = [*real, path("refuse/<str:what>", refuse)]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.mark.parametrize("what", [name for name in RAISED if name not in ("NotFound", "away")])
def test_a_refusal_says_what_it_is_its_code_and_what_to_do(what: str) -> None:
    refusal = RAISED[what]
    answer = member().get(f"/refuse/{what}")
    page = answer.content.decode()
    assert answer.status_code == status_of(refusal)
    assert refusal.code in page
    assert "Error:" in page.split("</title>")[0]
    assert "Back to the list" in page
    assert type(refusal) not in NEXT or NEXT[type(refusal)].split(".")[0].split("'")[0] in page


def test_what_is_not_there_is_the_page_of_every_address_that_is_not_there() -> None:
    client = member()
    refused, nowhere = client.get("/refuse/NotFound"), client.get("/nowhere/")
    assert (refused.status_code, refused.content) == (nowhere.status_code, nowhere.content)


def test_a_lost_database_is_a_page_of_its_own_and_names_no_host() -> None:
    answer = member().get("/refuse/away")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.headers["Retry-After"] == "60"
    assert "Not available now" in answer.content.decode()
    assert "db.internal" not in answer.content.decode()


def test_every_refusal_there_is_has_a_status_of_its_kind() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.Refused)]
    assert {status_of(each.__new__(each)) for each in kinds if each not in STATUSES} == {
        HTTPStatus.UNPROCESSABLE_ENTITY
    }


def test_the_page_for_no_connection_asks_nothing_of_anybody_and_is_all_a_browser_keeps() -> None:
    assert "No connection" in Client().get("/offline/").content.decode()
    script = Client().get("/worker.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert '"/offline/"' in script.content.decode()
    assert "cache.put" not in script.content.decode()
