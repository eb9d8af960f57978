"""A referral begun, offered and added to by partners' systems with real tokens; and how often they may ask."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.actor import Actor
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from agencies.vault import keyring
from audit.models import AuditEvent
from fhir.smart import clients
from tests.county import SETUP, County
from tests.rest.conftest import Way
from tests.rest.sending import Tree, begun, observation, posted, task, transaction
from tests.smart.partner import KEYS, Partner, jwks

SENDS = "system/Task.crus system/ServiceRequest.crus system/Patient.cr system/Observation.cr system/Consent.cr"


class System:
    """A partner's system with a token."""

    def __init__(self, where: Agency, role: Role, network: Actor) -> None:
        admin = add_member(
            by=SETUP, agency=where, role=Role.AGENCY_ADMIN, user=_somebody(f"it@{where.slug}.example.org")
        )
        shown = clients.register(
            actor_for(admin),
            name=f"System of {where.slug}",
            role=role,
            scope=SENDS,
            purpose=Purpose.TREATMENT,
            jwks=jwks(KEYS["ES384"]),
        )
        clients.approve(network, shown.client_id)
        self.token = Partner(str(shown.client_id), KEYS["ES384"]).token(SENDS)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        signed = {"Authorization": f"Bearer {self.token}", **headers}
        data = b"" if body is None else json.dumps(body).encode()
        kind = "application/json-patch+json" if method == "PATCH" else "application/fhir+json"
        return Client().generic(method, f"/fhir/{path}", data, content_type=kind, headers=signed)


def _somebody(email: str) -> Any:
    from agencies.models import User

    return User.objects.create_user(email)


@pytest.fixture
def county(walked: Way, db: None) -> Any:
    yield walked.county
    keyring.forget()


@pytest.fixture
def network(county: County) -> Actor:
    operator = open_agency(by=SETUP, slug="operator", name="Operator", kind=AgencyKind.OPERATOR.value)
    user = _somebody("network@operator.example.org")
    return actor_for(add_member(by=SETUP, agency=operator, role=Role.NETWORK_ADMIN, user=user))


def test_two_systems_close_the_loop(county: County, network: Actor) -> None:
    police, bhu = System(county.police, Role.OFFICER, network), System(county.bhu, Role.CLINICIAN, network)
    sent = police.ask("POST", "", begun(task("bhu")), **{"Idempotency-Key": "run-7"})
    assert sent.status_code == 200, sent.content
    patient, request, put = (entry["response"]["location"].split("/_history")[0] for entry in sent.json()["entry"])
    inbox = bhu.ask("GET", f"Task?owner=Organization/{county.bhu.id}&status=requested").json()
    assert put.split("/")[1] in [row["resource"]["id"] for row in inbox["entry"]]
    accept = [{"op": "replace", "path": "/status", "value": "accepted"}]
    assert bhu.ask("PATCH", put, accept).status_code == 200
    assert bhu.ask("GET", patient).json()["birthDate"] == "2007-05-11"
    assert bhu.ask("POST", "Observation", observation(patient)).status_code == 201
    offered = bhu.ask("POST", "", transaction(posted(task("detox", focus=request))))
    assert offered.status_code == 200, offered.content
    assert police.ask("GET", put).json()["status"] == "accepted"


def test_a_system_that_asks_too_often_must_wait(county: County, network: Actor, settings: Any) -> None:
    settings.BHU_REQUESTS_PER_MINUTE = 3
    bhu, other = System(county.bhu, Role.CLINICIAN, network), System(county.detox, Role.CLINICIAN, network)
    before = turned_away()
    assert [bhu.ask("GET", "Task").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    late = bhu.ask("GET", "Task")
    assert 1 <= int(late.headers["Retry-After"]) <= 60
    (issue,) = late.json()["issue"]
    assert (issue["code"], issue["expression"]) == ("throttled", ["Task"])
    assert "WWW-Authenticate" not in late.headers
    assert turned_away() == before + 1
    assert other.ask("GET", "Task").status_code == 200  # nobody uses up another's minute


def test_each_entry_of_a_batch_counts(county: County, network: Actor, settings: Any) -> None:
    settings.BHU_REQUESTS_PER_MINUTE = 10
    bhu, one = System(county.bhu, Role.CLINICIAN, network), {"request": {"method": "GET", "url": "Task"}}
    whole: Tree = transaction(*[one] * 6, kind="batch")
    assert [bhu.ask("POST", "", whole).status_code for _ in range(2)] == [200, 429]


def turned_away() -> int:
    return AuditEvent.objects.filter(action="door.refuse", code="TOO_OFTEN").count()


def test_other_pages_may_read_what_this_server_is_and_nothing_else(county: County) -> None:
    for path in ("metadata", ".well-known/smart-configuration"):
        assert Client().get(f"/fhir/{path}").headers["Access-Control-Allow-Origin"] == "*"
    answer = Client().get("/fhir/Task", headers={"Origin": "https://elsewhere.example.org"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


MOST = {"read": 8, "inbox": 6, "accept": 23, "create": 19}
"""So often each request asks the main database, once what it needs for ever is in memory (design: budgets). One of each
change's looks up who subscribes to it.
"""


def test_no_request_asks_the_database_more_often_than_it_must(county: County, network: Actor) -> None:
    police, bhu = System(county.police, Role.OFFICER, network), System(county.bhu, Role.CLINICIAN, network)
    asked = dict[str, list[int]]()
    for _ in range(3):
        with _counted(asked, "create"):
            sent = police.ask("POST", "", begun(task("bhu"))).json()
        _, request, put = (entry["response"]["location"].split("/_history")[0] for entry in sent["entry"])
        with _counted(asked, "inbox"):
            assert bhu.ask("GET", f"Task?owner=Organization/{county.bhu.id}&status=requested").status_code == 200
        with _counted(asked, "accept"):
            accept = [{"op": "replace", "path": "/status", "value": "accepted"}]
            assert bhu.ask("PATCH", put, accept).status_code == 200
        with _counted(asked, "read"):
            assert bhu.ask("GET", request).status_code == 200
    assert {name: each[-1] for name, each in asked.items()} == MOST


@contextmanager
def _counted(asked: dict[str, list[int]], name: str) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "INSERT INTO audit_pending")  # SQLite's own half of an event
    asked.setdefault(name, []).append(sum(not each["sql"].startswith(marks) for each in captured.captured_queries))
