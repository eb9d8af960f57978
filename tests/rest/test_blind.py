"""A client looked for by what points at a person: posted, in one's own agency, and recorded hit or miss."""

import json
from uuid import UUID

import pytest

from audit.models import AuditEvent
from referrals.acts import CorrectSection, Send, TakeStep, WithdrawAgency
from referrals.models import Participation
from referrals.perform import perform
from tests.county import CANARIES, bundle_of
from tests.rest.calling import get, post
from tests.rest.conftest import Way

CASE = "urn:example:case|AF-1188"
FAMILY, GIVEN = CANARIES[:2]
BORN = "2007-05-11"

FOUND = [
    {"identifier": CASE},
    {"identifier": f"urn:other|1,{CASE}"},
    {"family": FAMILY, "given": GIVEN, "birthdate": BORN},
    {"family": FAMILY.upper(), "given": GIVEN.lower(), "birthdate": f"eq{BORN}"},
    {"name": f"{GIVEN} {FAMILY}", "birthdate": BORN},
    {"name": f"{FAMILY} {GIVEN}", "birthdate": BORN},
    {"identifier": CASE, "gender": "female"},
    {"identifier": CASE, "birthdate": "2007"},
]
MISSED = [
    {"identifier": "urn:example:case|AF-1189"},
    {"family": FAMILY, "given": GIVEN, "birthdate": "2007-05-12"},
    {"family": FAMILY, "given": "Otto", "birthdate": BORN},
    {"identifier": CASE, "gender": "male"},
    {"identifier": CASE, "name:exact": "Somebody"},
]
NONE = [
    {"family": FAMILY},
    {"name": FAMILY, "birthdate": BORN},
    {"birthdate": BORN},
    {"family": FAMILY, "given": GIVEN, "birthdate": "2007"},
    {"family": FAMILY, "given": GIVEN, "birthdate": f"ge{BORN}"},
    {"family:contains": FAMILY, "given": GIVEN, "birthdate": BORN},
    {"gender": "female"},
]


@pytest.mark.parametrize("asked", FOUND)
def test_ones_own_client_is_found_by_an_identifier_or_a_whole_name_and_birth(way: Way, asked: dict[str, str]) -> None:
    for who in ("clinician", "coordinator", "detox_intake"):
        heard = post(who, "Patient/_search", **asked)
        assert [row["id"] for row in heard.entries()] == [str(way.patient)], who
        assert heard.tree["total"] == 1


@pytest.mark.parametrize("asked", MISSED)
def test_another_is_not_found(way: Way, asked: dict[str, str]) -> None:
    assert post("clinician", "Patient/_search", **asked).tree["total"] == 0


@pytest.mark.parametrize("asked", NONE)
def test_a_part_is_no_look_up(way: Way, asked: dict[str, str]) -> None:
    heard = post("clinician", "Patient/_search", **asked)
    assert (heard.status, heard.issue["code"]) == (400, "not-supported")
    assert not any(canary.encode() in heard.body for canary in CANARIES)
    assert not AuditEvent.objects.filter(action__in=("client.find", "resource.search")).exists()


def test_nobody_finds_another_agencys_client(way: Way) -> None:
    for asked in FOUND[:3]:
        heard = post("outsider", "Patient/_search", **asked)
        assert (heard.status, heard.tree["total"], heard.entries()) == (200, 0, [])
        absent = post("outsider", "Patient/_search", identifier="urn:example:case|none")
        assert heard.body == absent.body
    # The clinic was asked and lost: it never held a name.
    assert post("clinic_intake", "Patient/_search", identifier=CASE).tree["total"] == 0


@pytest.mark.parametrize("who", ["officer", "admin"])
def test_who_may_not_look_clients_up_is_refused_and_recorded(way: Way, who: str) -> None:
    for path, name in (("Patient", "identifier"), ("Task", "patient.identifier"), ("Consent", "patient.identifier")):
        heard = post(who, f"{path}/_search", **{name: CASE})
        assert (heard.status, heard.refusal) == (403, "ROLE")
    assert AuditEvent.objects.filter(action="client.find", outcome="4", code="ROLE").count() == 3


@pytest.mark.parametrize(
    "path",
    [f"Patient?identifier={CASE}", f"Patient?family={FAMILY}&given={GIVEN}&birthdate={BORN}",
     f"Task?patient.identifier={CASE}", f"Observation?patient.identifier={CASE}",
     f"ServiceRequest?patient.identifier={CASE}"],
)  # fmt: skip
def test_what_points_at_a_person_is_not_taken_from_an_address(way: Way, path: str) -> None:
    heard = get("clinician", path)
    assert (heard.status, heard.issue["code"]) == (400, "not-supported")
    assert not AuditEvent.objects.filter(action="client.find").exists()


def test_a_chain_by_the_clients_identifier_finds_ones_own_tasks_and_sections(way: Way) -> None:
    found = {
        "Task": {str(way.sent), str(way.taken), str(way.lost)},
        "ServiceRequest": {str(way.id)},
        "Consent": {str(way.section("Consent", "contact"))},
    }
    for type_, expected in found.items():
        heard = post("clinician", f"{type_}/_search", **{"patient.identifier": CASE})
        assert {row["id"] for row in heard.entries()} == expected
        assert post("outsider", f"{type_}/_search", **{"patient.identifier": CASE}).entries() == []
        assert post("clinician", f"{type_}/_search", **{"patient.identifier": "urn:x|1"}).entries() == []
    taken = post("detox_intake", "Task/_search", **{"patient.identifier": CASE, "_total": "accurate"})
    assert ({row["id"] for row in taken.entries()}, taken.tree["total"]) == ({str(way.taken)}, 1)
    assert post("clinician", "Task/_search", **{"patient.identifier": "AF-1188"}).status == 400
    both = post("clinician", "Task/_search", **{"patient.identifier": CASE, "status": "cancelled"})
    assert {row["id"] for row in both.entries()} == {str(way.lost)}


def test_a_client_in_two_referrals_is_two_patients_and_pages_stay_posted(way: Way) -> None:
    perform(way.county.officer, [Send(data=bundle_of(), to=(way.county.bhu.id,))])
    (sent,) = get("clinician", "Task?status=requested").entries()
    perform(way.county.clinician, [TakeStep(task_id=UUID(sent["id"]), step="accept")])
    heard = post("clinician", "Patient/_search", identifier=CASE, _count="1")
    assert heard.tree["total"] == 2
    assert not any(canary in heard.link("next") for canary in (*CANARIES, "AF-1188"))
    more = get("clinician", heard.link("next"))
    assert {heard.entries()[0]["id"]} != {more.entries()[0]["id"]}
    assert len({row["id"] for row in (*heard.entries(), *more.entries())}) == 2


def test_a_look_up_and_each_opening_are_events_without_what_was_asked(way: Way) -> None:
    post("clinician", "Patient/_search", identifier=CASE)
    found = AuditEvent.objects.filter(door="fhir").order_by("id")
    known = Participation.objects.get(agency=way.county.bhu, referral=way.id).client_id
    assert [(row.action, row.target) for row in found] == [
        ("client.find", f"Client/{known}"),
        ("resource.list", f"Agency/{way.county.bhu.id}"),
        ("resource.search", f"Referral/{way.id}"),
    ]
    assert not any(word in bytes(row.body) for row in found for word in (b"AF-1188", FAMILY.encode()))


def test_a_name_that_was_corrected_is_not_found_by_the_old_one(way: Way) -> None:
    tree = get("officer", f"Patient/{way.patient}").tree
    tree["name"] = [{"family": "Achterberg", "given": ["Imke"]}]
    act = CorrectSection(referral_id=way.id, resource_id=way.patient, data=json.dumps(tree).encode())
    perform(way.county.officer, [act])
    old = {"family": FAMILY, "given": GIVEN, "birthdate": BORN}
    assert post("clinician", "Patient/_search", **old).entries() == []
    assert len(post("clinician", "Patient/_search", identifier=CASE).entries()) == 1


def test_a_withdrawn_agency_finds_nobody(way: Way) -> None:
    perform(way.county.clinician, [WithdrawAgency(referral_id=way.id, agency_id=way.county.detox.id)])
    for asked in FOUND[:3]:
        assert post("detox_intake", "Patient/_search", **asked).entries() == []
    assert post("detox_intake", "Task/_search", **{"patient.identifier": CASE}).entries() == []
