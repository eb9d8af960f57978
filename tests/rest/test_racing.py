"""Partners' systems that answer one offer at the same moment, on PostgreSQL, each with connections of its own."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from agencies.actor import Actor
from referrals.models import ReferralTask, Section, StepTaken
from tests.databases import Pair, connected, together
from tests.integrity.alarms import alarms
from tests.integrity.arena import Arena, make_arena
from tests.rest import calling
from tests.rest.calling import Heard, get, send
from tests.rest.conftest import known

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def arena(new_pair: Callable[[], Pair], django_db_blocker: object) -> Iterator[Arena]:
    """One arena for all races: each takes referrals of its own."""
    pair = new_pair()
    try:
        with django_db_blocker.unblock(), connected(pair):  # type: ignore[attr-defined] # its class is private
            made = make_arena()
            with known(made.county):
                calling.PEOPLE["respite_intake"] = calling.Known(made.intakes[2])
                yield made
    finally:
        pair.leave()


INTAKES = ("detox_intake", "clinic_intake", "respite_intake")


def taking(who: str, task: UUID) -> Callable[[], Heard]:
    """Read it first, as a partner does; then accept what was read."""
    tree = get(who, f"Task/{task}").tree | {"status": "accepted"}
    return lambda: send("PUT", who, f"Task/{task}", tree)


def answering(task: UUID, tree: dict[str, Any]) -> Callable[[], Heard]:
    return lambda: send("PUT", "detox_intake", f"Task/{task}", tree, If_Match='W/"1"')


def actor(who: str) -> Actor:
    return calling.PEOPLE[who].actor


def test_of_three_agencies_that_accept_at_once_one_has_it_and_the_others_hear_what_became_of_it(arena: Arena) -> None:
    for offer in arena.offers(6):
        lanes = [taking(who, offer.tasks[actor(who).agency_id]) for who in INTAKES]
        heard = together(lanes)
        statuses = Counter(each.status for each in heard)
        assert statuses[200] == 1
        assert statuses[409] + statuses[412] == 2, [each.body for each in heard]
        (winner,) = [each for each in heard if each.status == 200]
        assert (winner.tree["status"], winner.headers["ETag"]) == ("accepted", 'W/"2"')
        for each in heard:
            if each.status != 200:
                assert each.issue["code"] == "conflict"
        ids = list(offer.tasks.values())
        assert Counter(ReferralTask.objects.filter(pk__in=ids).values_list("status", flat=True)) == {
            "accepted": 1,
            "cancelled": 2,
        }
    assert alarms() == []


def test_of_two_colleagues_who_answer_at_once_one_does_and_the_other_hears_what_it_is_now(arena: Arena) -> None:
    for offer in arena.offers(6):
        task = offer.tasks[actor("detox_intake").agency_id]
        tree = get("detox_intake", f"Task/{task}").tree
        decline: dict[str, Any] = {
            "status": "rejected",
            "statusReason": {
                "coding": [
                    {
                        "system": "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes",
                        "code": "no-capacity",
                    }
                ]
            },
        }
        answers = [tree | {"status": "accepted"}, tree | decline]
        heard = together([answering(task, sent) for sent in answers])
        won, late = sorted(heard, key=lambda each: each.status)
        assert (won.status, late.issue["code"]) == (200, "conflict")
        said = {412: "version 2", 409: "no longer open"}  # who comes to accept what was declined finds it gone
        assert said[late.status] in late.issue["details"]["text"]
        assert StepTaken.objects.filter(task_id=task).count() == 2  # sent, and one answer
    assert alarms() == []


def test_of_two_corrections_of_one_version_one_is_made(arena: Arena) -> None:
    (offer,) = arena.offers(1)
    patient = Section.objects.get(folder_id=offer.referral_id, type="Patient")
    name = f"Patient/{patient.resource_id}"
    tree = get("clinician", name).tree
    heard = together(
        [
            lambda sent=sent: send("PUT", "clinician", name, tree | {"gender": sent}, If_Match='W/"1"')
            for sent in ("male", "other", "unknown")
        ]
    )
    assert sorted(each.status for each in heard) == [200, 412, 412], [each.body for each in heard]
    assert Section.objects.filter(resource_id=patient.resource_id).count() == 2
