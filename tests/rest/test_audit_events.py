"""The log over HTTP: an agency's own part of it, for its privacy officer alone, and reading it is written down."""

import json
from collections.abc import Callable
from uuid import uuid4

import pytest

from agencies.models import Agency
from audit.models import AuditEvent
from fhir.content import exact
from fhir.content.validate import check
from referrals.models import Disclosure
from tests.rest import calling
from tests.rest.calling import get, post
from tests.rest.conftest import Way
from tests.rest.watching import watch

SUBTYPE = "https://bhu.example.org/fhir/CodeSystem/audit-action"
CONSENT = "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType"


@pytest.fixture
def watched(way: Way) -> Way:
    """The county with a privacy officer at the BHU, the police and the detox, and somebody who tried."""

    county = way.county
    for name, agency in {"watcher": county.bhu, "police_watcher": county.police, "detox_watcher": county.detox}.items():
        watch(name, agency)
    get("clinician", f"Patient/{way.patient}")
    get("coordinator", f"QuestionnaireResponse/{way.section('QuestionnaireResponse', 'clinical')}")
    return way


def rows(who: str, query: str) -> list[dict]:
    heard = get(who, f"AuditEvent?_count=100&{query}")
    assert heard.status == 200, heard.body
    return heard.entries()


def actions(found: list[dict]) -> set[str]:
    return {each["code"] for row in found for each in row["subtype"] if each["system"] == SUBTYPE}


@pytest.mark.parametrize("who", ["officer", "clinician", "coordinator", "detox_intake", "outsider", "admin"])
def test_nobody_but_a_privacy_officer_reads_the_log(watched: Way, who: str) -> None:
    own = AuditEvent.objects.filter(agency=str(calling.PEOPLE[who].actor.agency_id)).first()
    for path in ("AuditEvent", "AuditEvent?_summary=count", f"AuditEvent/{own.id if own else uuid4()}"):
        heard = get(who, path)
        assert (heard.status, heard.refusal) == (403, "ROLE")
    found = AuditEvent.objects.filter(action__startswith="audit.", outcome="4")
    assert {(row.action, row.code) for row in found} == {("audit.list", "ROLE"), ("audit.read", "ROLE")}


def test_each_agency_sees_its_own_part_and_no_other(watched: Way) -> None:
    seen: dict[str, set[str]] = {}
    for who in ("watcher", "police_watcher", "detox_watcher"):
        agency = str(calling.PEOPLE[who].actor.agency_id)
        before = {str(id_) for id_ in AuditEvent.objects.filter(agency=agency).values_list("pk", flat=True)}
        given = {str(id_) for id_ in Disclosure.objects.filter(discloser_id=agency).values_list("pk", flat=True)}
        seen[who] = {row["id"] for row in rows(who, "")}
        assert before | given <= seen[who]
        extra = seen[who] - before - given
        assert {each.partition(".")[0] for each in extra} <= given | {str(AuditEvent.objects.latest("id").id)}
        assert {each.partition(".")[2] for each in extra} <= {"", "consent"}
    assert not seen["watcher"] & seen["police_watcher"]
    foreign = next(iter(seen["police_watcher"]))
    said = {get("watcher", f"AuditEvent/{id_}").body for id_ in (foreign, uuid4(), "Zwillinger", f"{foreign}.consent")}
    assert len(said) == 1
    assert get("watcher", f"AuditEvent?_id={foreign}&_total=accurate").tree["total"] == 0
    assert not AuditEvent.objects.filter(target__contains="Zwillinger").exists()


def test_a_read_is_told_as_who_read_what_of_whom(watched: Way) -> None:
    (row,) = rows("watcher", f"subtype=resource.read&entity=Patient/{watched.patient}")
    assert row["action"] == "R"
    assert row["outcome"] == "0"
    assert row["type"]["code"] == "rest"
    assert row["subtype"][0] == {"system": "http://hl7.org/fhir/restful-interaction", "code": "read"}
    clinician = watched.county.clinician
    (user,) = [each for each in row["agent"] if each["requestor"]]
    assert user["who"] == {"reference": f"PractitionerRole/{clinician.membership_id}"}
    assert user["type"]["coding"][0]["code"] == "IRCP"
    what = [each["what"].get("reference") for each in row["entity"]]
    assert what[:3] == [f"ServiceRequest/{watched.id}", f"Patient/{watched.patient}", f"Patient/{watched.patient}"]
    assert row["entity"][2]["type"]["code"] == "1"
    assert "profile" not in row.get("meta", {})
    assert get("watcher", user["who"]["reference"]).status == 200


def test_a_refusal_of_a_gate_is_a_security_alert_with_its_code(watched: Way) -> None:
    (row,) = rows("watcher", "outcome=4&subtype=resource.read")
    assert (row["type"]["code"], row["outcomeDesc"]) == ("110113", "COMPARTMENT")
    assert row["subtype"][0] == {"system": CONSENT, "code": "AuthZ-Role"}


def test_what_was_given_out_is_a_disclosure_and_the_consent_it_stands_on_a_decision(watched: Way) -> None:
    found = rows("watcher", f"patient={watched.patient}")
    given = [row for row in found if row["type"]["code"] == "110106"]
    decided = [row for row in found if row["subtype"][0] == {"system": CONSENT, "code": "AuthZ-Consent"}]
    ours = Disclosure.objects.filter(discloser=watched.county.bhu)
    assert {row["id"] for row in given} == {str(each.id) for each in ours}
    assert {row["id"] for row in decided} == {f"{each.id}.consent" for each in ours if each.consent}
    assert decided
    for row in decided:
        assert row["outcome"] == "0"
        assert row["entity"][1]["what"]["reference"].startswith("Consent/")
    assert {row["id"] for row in rows("watcher", "action=R") if row["type"]["code"] == "110106"} == {
        row["id"] for row in given
    }
    assert not [row for row in rows("watcher", "action=C,U") if row["type"]["code"] in ("110106", "110113")]
    assert not [row for row in rows("police_watcher", "") if row["id"] in {each["id"] for each in (*given, *decided)}]


QUERIES: dict[str, Callable[[dict], bool]] = {
    "action=C": lambda row: row["action"] == "C",
    "action=U": lambda row: row["action"] == "U",
    "action=E": lambda row: row["action"] == "E",
    "action=R,E": lambda row: row["action"] in "RE",
    "outcome=0": lambda row: row["outcome"] == "0",
    "outcome=4": lambda row: row["outcome"] == "4",
    "subtype=task.accept": lambda row: row["subtype"][-1]["code"] == "task.accept",
    "date=gt2020": lambda row: True,
    "date=lt2020": lambda row: False,
    "date=lt9999-12-31": lambda row: True,
    "date=gt9999-12-31": lambda row: False,
}


@pytest.mark.parametrize("query", QUERIES)
def test_it_is_searched_by_what_columns_say(watched: Way, query: str) -> None:
    everything = {row["id"]: row for row in rows("watcher", "date=lt2100")}
    found = {row["id"] for row in rows("watcher", query)} & everything.keys()
    assert found == {id_ for id_, row in everything.items() if QUERIES[query](row)}


def test_it_is_searched_by_who_did_it_and_by_whose_record(watched: Way) -> None:
    clinician = watched.county.clinician.membership_id
    found = rows("watcher", f"agent=PractitionerRole/{clinician}")
    assert actions(found) >= {"task.accept", "resource.read", "section.add"}
    whos = {each["who"].get("reference") for row in found for each in row["agent"] if each["requestor"]}
    assert f"PractitionerRole/{clinician}" in whos
    of_patient = {row["id"] for row in rows("watcher", f"patient=Patient/{watched.patient}")}
    assert of_patient == {row["id"] for row in rows("watcher", f"entity=ServiceRequest/{watched.id}")}
    assert rows("detox_watcher", f"agent={clinician}") == []
    foreign = rows("police_watcher", f"patient={watched.patient}")
    assert actions(foreign) == {"referral.send"}


def test_a_client_of_others_is_joined_to_nothing(watched: Way) -> None:
    get("outsider", f"Patient/{watched.patient}")
    watch("stranger", Agency.objects.get(slug="stranger"))
    assert rows("stranger", f"patient={watched.patient}") == []
    (tried,) = rows("stranger", "outcome=4")
    assert next(each["what"] for each in tried["entity"]) == {"reference": f"Patient/{watched.patient}"}
    assert str(watched.id) not in json.dumps(tried)


def test_pages_hold_each_entry_once_newest_first(watched: Way) -> None:
    whole = [row["id"] for row in rows("watcher", "date=lt2100")]
    url, walked = "AuditEvent?_count=3", []
    while url:
        heard = get("watcher", url)
        walked += [row["id"] for row in heard.entries()]
        url = heard.link("next")
    assert [each for each in walked if each in set(whole)] == whole
    assert len(walked) == len(set(walked))
    by_id = get("watcher", f"AuditEvent?_id={whole[0]},{whole[3]}&_total=accurate")
    assert [row["id"] for row in by_id.entries()] == [whole[0], whole[3]]
    assert by_id.tree["total"] == 2
    cursor = get("watcher", "AuditEvent?_count=3").link("next")
    assert get("police_watcher", cursor).status == 400


def test_counting_counts_what_is_found(watched: Way) -> None:
    for query in (f"patient={watched.patient}", "action=C", "action=R&date=lt2100", "subtype=task.accept"):
        found = len(rows("watcher", query))
        assert get("watcher", f"AuditEvent?{query}&_summary=count").tree["total"] in (found, found + 1)
    count = get("watcher", f"AuditEvent?patient={watched.patient}&_summary=count").tree["total"]
    assert count == len(rows("watcher", f"patient={watched.patient}"))


def test_reading_the_log_is_in_the_log(watched: Way) -> None:
    (row,) = rows("watcher", "subtype=task.accept")
    get("watcher", f"AuditEvent/{row['id']}")
    post("watcher", "AuditEvent/_search", patient=str(watched.patient))
    mine = f"Membership/{calling.PEOPLE['watcher'].actor.membership_id}"
    found = AuditEvent.objects.filter(actor=mine).order_by("id").values_list("action", "target")
    assert list(found) == [
        ("audit.list", f"Agency/{watched.county.bhu.id}"),
        ("audit.read", f"AuditEvent/{row['id']}"),
        ("audit.list", f"Agency/{watched.county.bhu.id}"),
    ]
    assert "audit.list" in actions(rows("watcher", "subtype=audit.list"))


def test_every_entry_is_valid_fhir_and_read_as_it_is_listed(watched: Way) -> None:
    for who in ("watcher", "police_watcher", "detox_watcher"):
        for row in rows(who, "date=lt2100"):
            heard = get(who, f"AuditEvent/{row['id']}")
            assert heard.tree == row
            tree = exact.parse(heard.body)
            assert isinstance(tree, dict)
            check(tree)


def test_a_page_of_the_log_asks_the_database_so_often(watched: Way, django_assert_max_num_queries) -> None:
    get("watcher", "AuditEvent")
    with django_assert_max_num_queries(8):
        get("watcher", f"AuditEvent?patient={watched.patient}&date=gt2020&_count=50")
