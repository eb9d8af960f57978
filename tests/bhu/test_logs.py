"""Log lines: JSON, one per event, and nothing of a client in them whatever happens."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from agencies.models import User
from bhu.urls import urlpatterns as real
from tests.web.signing import signed_in

NAME = "Jane-Sample-1984"

Lines = Callable[[], list[dict[str, Any]]]


def broken(_request: HttpRequest, who: str) -> HttpResponse:
    local_value = f"local {who}"
    raise ValueError(f"no client called {local_value}")


urlpatterns = [*real, path("clients/<str:who>", broken)]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The configured logging, written to memory."""
    stream = io.StringIO()
    logging.config.dictConfig(settings.LOGGING)
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    handler.setStream(before or io.StringIO())


def test_a_request_makes_one_line_with_its_id_and_route(client: Client, lines: Lines) -> None:
    answer = client.get("/healthz")
    (line,) = lines()
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "process": "command",
        "event": "request",
        "method": "GET",
        "route": "healthz",
        "status": 200,
        "queries": 0,
        "request_id": answer.headers["X-Request-ID"],
        "level": "info",
        "logger": "bhu.web",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("address", [f"/healthz?name={NAME}", f"/{NAME}", f"/healthz/{NAME}?dob={NAME}"])
def test_neither_path_nor_query_nor_headers_reach_a_line(client: Client, lines: Lines, address: str) -> None:
    client.get(address, headers={"User-Agent": NAME, "Referer": NAME, "X-Request-ID": NAME, "Cookie": NAME})
    assert [line["event"] for line in lines()] == ["request"]
    assert NAME not in json.dumps(lines())


def test_a_body_does_not_reach_a_line(client: Client, lines: Lines) -> None:
    client.post("/healthz", {"name": NAME})
    assert NAME not in json.dumps(lines())


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_an_exception_is_its_kind_and_places_without_message_or_locals(lines: Lines) -> None:
    client = signed_in(User.objects.create_user("somebody@example.org"))
    client.raise_request_exception = False
    answer = client.get(f"/clients/{NAME}")
    failed = next(line for line in lines() if line["event"] == "request failed")
    assert answer.status_code == 500
    assert failed["exception"] == "builtins.ValueError"
    assert failed["at"][-1].endswith(" broken")
    assert failed["request_id"] == answer.headers["X-Request-ID"]
    assert NAME not in json.dumps(lines())


def test_exceptions_logged_by_our_own_code_lose_their_message_too(lines: Lines) -> None:
    try:
        {}[NAME]
    except KeyError as error:
        structlog.stdlib.get_logger("bhu").exception("lookup failed")
        structlog.stdlib.get_logger("bhu").error("again", exc_info=error)
        logging.getLogger("other").exception("elsewhere")
    assert [line["event"] for line in lines()] == ["lookup failed", "again", "elsewhere"]
    assert {line["exception"] for line in lines()} == {"builtins.KeyError"}
    assert NAME not in json.dumps(lines())


def test_a_failed_task_is_named_without_its_arguments(lines: Lines) -> None:
    data = {"id": "0190", "name": "audit.tasks.example", "args": f"['{NAME}']", "exc": NAME}
    text = "Task %(name)s[%(id)s] raised unexpected: %(exc)s"
    logging.getLogger("celery.app.trace").error(text, data, extra={"data": data})
    (line,) = lines()
    assert (line["name"], line["id"]) == ("audit.tasks.example", "0190")
    assert NAME not in json.dumps(line)


def test_a_name_with_a_line_break_cannot_forge_a_second_line(lines: Lines) -> None:
    logging.getLogger("other").warning('one\n{"event": "forged"}')
    assert len(lines()) == 1
