"""Thousands of odd requests to the doors of FHIR and of tokens: none is answered with a fault of ours."""

import json
from collections import Counter
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from fhir.rest import outcomes
from fhir.smart import counting
from tests.county import SCREEN, consent_in
from tests.fuzz.asking import Grammar, Request
from tests.rest import calling
from tests.rest.conftest import ALCOHOL, Way
from tests.rest.sending import begun, observation, posted, said, task, transaction
from tests.rest.watching import watch

pytestmark = pytest.mark.fuzz

SEEDS = range(8)
COUNT = 2_600
PEOPLE = ("officer", "clinician", "coordinator", "detox_intake", "clinic_intake", "outsider", "admin", "watcher")


class Faults:
    """In place of the log of the edge: keeps what it could not answer."""

    def __init__(self) -> None:
        self.problems: list[BaseException] = []

    def error(self, _event: str, *, exc_info: BaseException) -> None:
        self.problems.append(exc_info)


def material(way: Way) -> tuple[list[str], list[dict[str, Any]]]:
    """Names of what is there, of whom ever, and good resources to spoil."""
    read = {f"{tree['resourceType']}/{tree['id']}": tree for who in PEOPLE for tree in seen(who, way)}
    nobodys = [f"{type_}/019a0000-0000-7000-8000-000000000000" for type_ in ("Task", "Patient", "Observation")]
    county, client, request = way.county, f"Patient/{way.patient}", f"ServiceRequest/{way.id}"
    mine = {"subject": {"reference": client}}
    offer = task(county.clinic.id, focus=request, input=said(release=["contact"]))
    new = [observation(client), ALCOHOL | mine, SCREEN | mine, json.loads(consent_in(way.id)), offer]
    begins = begun(task(county.bhu.id), more=(SCREEN, observation()))
    several = begun(task(county.bhu.id), task(county.clinic.id, input=said(agreed="yes")))
    adds = [posted(each) for each in new]
    bundles = [begins, begins, several, transaction(*adds), transaction(*adds, *begins["entry"], kind="batch")]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": ALCOHOL}]}
    return [*read, *nobodys], [*read.values(), *bundles * 4, *new * 6, parameters]


def seen(who: str, way: Way) -> list[dict[str, Any]]:
    found = []
    for path in (f"Patient/{way.patient}/$everything", "Task", "ServiceRequest", "Organization", "PractitionerRole",
                 "AuditEvent", f"Provenance?patient={way.patient}"):  # fmt: skip
        heard = calling.get(who, path)
        found += heard.entries() if heard.status == 200 else []
    return found


def answer(client: Client, asked: Request) -> int:
    response = client.generic(
        asked.method, asked.path, asked.data, asked.content_type or "application/octet-stream", headers=asked.headers
    )
    return int(response.status_code)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_is_answered_with_a_fault_of_ours(
    way: Way, seed: int, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    faults = Faults()
    monkeypatch.setattr(outcomes, "log", faults)
    for limit in ("GOOD", "BAD", "STRANGERS"):
        monkeypatch.setattr(counting, limit, 10**9)
    watch("watcher", way.county.bhu)
    ids, trees = material(way)
    client, statuses, broken = Client(), Counter[int](), []
    for asked in Grammar(Random(seed), PEOPLE, ids, trees).requests(COUNT):
        try:
            status = answer(client, asked)
        except Exception as problem:  # noqa: BLE001  the finding itself
            status = 599
            faults.problems.append(problem)
        statuses[status] += 1
        if status >= 500 or faults.problems:
            broken.append(f"{status} {faults.problems[:1]} {asked}")
            faults.problems.clear()
            if connection.needs_rollback or len(broken) > 20:
                break
    record_property("requests", sum(statuses.values()))
    assert not broken, "\n\n".join(broken)
    assert statuses[200] > COUNT // 10, statuses
    assert statuses[201] > COUNT // 200, statuses
