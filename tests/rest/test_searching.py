"""Search over HTTP: lists from columns, the rest opened first, pages, and what no list may give away."""

import json
import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from audit.models import AuditEvent
from fhir.content.exact import Object
from fhir.rest.matching import Filter, matches
from fhir.rest.parameters import PARAMETERS
from fhir.rest.values import span
from referrals.acts import Send, TakeStep
from referrals.models import Referral
from referrals.perform import perform
from referrals.services import unsealing
from tests.county import CANARIES, bundle_of
from tests.rest import calling
from tests.rest.calling import Known, get, post
from tests.rest.conftest import Way

TASKS = {
    "officer": {"sent"},
    "clinician": {"sent", "taken", "lost"},
    "detox_intake": {"taken"},
    "clinic_intake": {"lost"},
    "outsider": set(),
}


def ids(heard: calling.Heard, mode: str = "match") -> set[str]:
    return {row["id"] for row in heard.entries(mode)}


@pytest.mark.parametrize("who", TASKS)
def test_everybody_lists_the_tasks_of_their_own_agency(way: Way, who: str) -> None:
    expected = {str(getattr(way, name)) for name in TASKS[who]}
    listed, posted = get(who, "Task?_total=accurate"), post(who, "Task/_search", _total="accurate")
    assert ids(listed) == ids(posted) == expected
    assert listed.tree["total"] == posted.tree["total"] == len(expected)
    assert get(who, "Task?_summary=count").tree["total"] == len(expected)
    assert get(who, "Task?_count=0").tree.get("entry") is None


def test_a_role_without_a_worklist_is_refused_and_recorded(way: Way) -> None:
    for path in ("Task", "ServiceRequest", "Task?_summary=count"):
        heard = get("admin", path)
        assert (heard.status, heard.refusal) == (403, "ROLE")
    assert AuditEvent.objects.filter(action="resource.list", outcome="4").count() == 3


def test_a_list_unseals_nothing_and_says_that_it_is_not_all(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("unsealed")

    monkeypatch.setattr(unsealing, "unseal", never)
    for path in ("Task?_include=Task:focus&_include=Task:owner&_include=Task:requester", "ServiceRequest"):
        heard = get("clinician", path)
        assert heard.status == 200
        assert all(row["meta"]["tag"][0]["code"] == "SUBSETTED" for row in heard.entries())
        assert not any(canary.encode() in heard.body for canary in CANARIES)


def test_a_row_of_a_list_is_told_like_the_read(way: Way) -> None:
    (row,) = get("officer", "Task").entries()
    read = get("officer", f"Task/{way.sent}").tree
    for name in ("status", "focus", "for", "requester", "owner", "authoredOn"):
        assert row[name] == read[name]
    assert row["meta"]["versionId"] == read["meta"]["versionId"]
    assert row["meta"]["lastUpdated"] == read["meta"]["lastUpdated"]


FOUND = {
    "status=requested": set(),
    "status=accepted": {"sent", "taken"},
    "status=http://hl7.org/fhir/task-status|accepted": {"sent", "taken"},
    "status=urn:other|accepted": set(),
    "status=accepted,cancelled": {"sent", "taken", "lost"},
    "status=accepted&status=cancelled": set(),
    "business-status=3.0": {"sent", "taken"},
    "priority=stat": {"sent", "taken", "lost"},  # the screen raised it
    "priority=urgent": set(),
    "status:not=accepted": {"lost"},
    "status:not=requested": {"sent", "taken", "lost"},
    "status:not=accepted&status:not=cancelled": set(),
    "owner:missing=true&status=requested": set(),
    "owner:missing=false&status=accepted": {"sent", "taken"},
    "owner.identifier=https://bhu.example.org/fhir/NamingSystem/agency|detox": {"taken"},
    "owner:identifier=https://bhu.example.org/fhir/NamingSystem/agency|detox": {"taken"},
    "requester.identifier=https://bhu.example.org/fhir/NamingSystem/agency|bhu": {"taken", "lost"},
    "owner.identifier=urn:other|detox": set(),
    "_lastUpdated=gt2020": {"sent", "taken", "lost"},
    "_lastUpdated=lt2020": set(),
    "authored-on=ge2020-01-01T00:00:00Z&authored-on=lt2021": set(),
}


@pytest.mark.parametrize("query", FOUND)
def test_columns_are_asked_by_their_codes(way: Way, query: str) -> None:
    assert ids(get("clinician", f"Task?{query}")) == {str(getattr(way, name)) for name in FOUND[query]}


def test_references_say_which_side(way: Way) -> None:
    county = way.county
    asked = {
        f"owner=Organization/{county.bhu.id}": {way.sent},
        f"owner={county.detox.id}": {way.taken},
        f"requester=Organization/{county.bhu.id}": {way.taken, way.lost},
        f"owner=http://testserver/fhir/Organization/{county.bhu.id}&requester={county.police.id}": {way.sent},
        f"patient={way.patient}&focus=ServiceRequest/{way.id}": {way.sent, way.taken, way.lost},
        f"patient={county.bhu.id}": set(),
        f"_id={way.sent},{way.lost}": {way.sent, way.lost},
    }
    for query, expected in asked.items():
        assert ids(get("clinician", f"Task?{query}")) == set(map(str, expected)), query
    assert get("clinician", f"Task?owner=Patient/{way.patient}").status == 400


def test_a_chain_by_reference_number_leads_to_the_tasks_of_a_referral(way: Way) -> None:
    number = Referral.objects.get(pk=way.id).reference
    asked = f"Task?focus.identifier=https://bhu.example.org/fhir/NamingSystem/reference-number|{number}"
    assert ids(get("clinician", asked)) == {str(way.sent), str(way.taken), str(way.lost)}
    assert ids(get("clinician", f"ServiceRequest?identifier={number}")) == {str(way.id)}
    for who in ("outsider", "other_officer"):
        assert get(who, f"{asked}&_total=accurate").tree["total"] == 0


def test_an_officer_who_asks_for_what_a_state_is_not_learns_his_own_view_alone(way: Way) -> None:
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step="start")])
    asked = [f"Task?status:not={state}&_total=accurate" for state in ("on-hold", "in-progress", "completed", "failed")]
    before = [get("officer", each).body for each in asked]
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step="hold", reason="client-left")])
    assert [get("officer", each).body for each in asked] == before
    assert [json.loads(each)["total"] for each in before] == [1, 0, 1, 1]


def test_nobody_finds_another_agencys_tasks_by_naming_its_sides(way: Way) -> None:
    county = way.county
    for query in (
        f"owner={county.detox.id}",
        f"requester={county.bhu.id}",
        f"patient={way.patient}",
        f"_id={way.taken}",
    ):
        for tail in ("", "&_summary=count", "&_include=Task:focus&_include=Task:owner"):
            tree = get("outsider", f"Task?{query}{tail}").tree
            assert tree.get("entry", []) == []
            assert tree.get("total", 0) == 0
    assert get("clinic_intake", f"Task?owner={county.detox.id}").entries() == []
    assert get("officer", f"Task?requester={county.bhu.id}").entries() == []


def test_an_include_brings_rows_of_lists_and_of_the_directory(way: Way) -> None:
    heard = get("detox_intake", "Task?_include=Task:focus&_include=Task:owner&_total=accurate")
    assert ids(heard, "include") == {str(way.id), str(way.county.detox.id)}
    assert heard.tree["total"] == 1
    assert get("detox_intake", "Task?_include=Task:patient").entries("include") == []
    calling.PEOPLE["narrow"] = Known(way.county.detox_intake, never=frozenset({"ServiceRequest", "Organization"}))
    assert get("narrow", "Task?_include=Task:focus&_include=Task:owner").entries("include") == []
    assert get("narrow", "ServiceRequest").status == 403


def pages(who: str, path: str) -> list[list[str]]:
    found, url = [], path
    while url:
        heard = get(who, url)
        assert heard.status == 200
        found.append([row["id"] for row in heard.entries()])
        url = heard.link("next")
    return found


@pytest.mark.parametrize(
    ("path", "rising"), [("Task?", False), ("Task?_sort=_lastUpdated&", True), ("ServiceRequest?", False)]
)
def test_pages_hold_each_row_once_in_one_order(way: Way, path: str, rising: bool) -> None:
    for _ in range(3):
        perform(way.county.officer, [Send(data=bundle_of(), to=(way.county.bhu.id,))])
    whole = [row["id"] for row in get("clinician", f"{path}_count=100").entries()]
    assert len(whole) == (6 if path.startswith("Task") else 4)
    walked = pages("clinician", f"{path}_count=2")
    assert [each for page in walked for each in page] == whole
    assert all(len(page) <= 2 for page in walked)
    if path.startswith("Task"):
        times = [row["meta"]["lastUpdated"] for row in get("clinician", f"{path}_count=100").entries()]
        assert times == sorted(times, reverse=not rising)


def test_a_cursor_is_nobody_elses_and_of_no_other_list(way: Way) -> None:
    url = get("clinician", "Task?_count=1").link("next")
    cursor = parse_qs(urlsplit(url).query)["_cursor"][0]
    assert get("clinician", f"Task?_cursor={cursor}").status == 200
    for who in ("coordinator", "detox_intake", "outsider"):
        assert get(who, f"Task?_cursor={cursor}").status == 400
    assert get("clinician", f"ServiceRequest?_cursor={cursor}").status == 400
    assert get("clinician", f"Task?_cursor={cursor}&status=requested").status == 400
    changed = cursor[:-4] + ("AAAA" if not cursor.endswith("AAAA") else "BBBB")
    assert get("clinician", f"Task?_cursor={changed}").status == 400
    assert get("clinician", "Task?_cursor=%ff").status == 400


def test_a_cursor_ends_after_a_day(way: Way) -> None:
    import time_machine
    from django.utils import timezone

    url = get("clinician", "Task?_count=1").link("next")
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        assert get("clinician", url).issue["code"] == "expired"


def test_what_was_posted_stands_in_no_address_and_no_log_line(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        heard = post("clinician", "Patient/_search", _id=str(way.patient), identifier="urn:example:case|AF-1188")
        listed = post("clinician", "Task/_search", patient=str(way.patient), _count="1")
    assert [row["id"] for row in heard.entries()] == [str(way.patient)]
    for answer in (heard, listed):
        assert "AF-1188" not in "".join(row["url"] for row in answer.tree["link"])
        assert str(way.patient) not in "".join(row["url"] for row in answer.tree["link"])
    assert listed.link("next")
    said = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
    assert "AF-1188" not in said
    assert str(way.patient) not in said
    assert not AuditEvent.objects.filter(code__contains="AF-1188").exists()


OPENED = {
    "Observation?patient={patient}": 2,
    "Observation?patient=Patient/{patient}&code=pathway": 1,
    "Observation?patient={patient}&status=final": 2,
    "Observation?patient={patient}&status=amended": 0,
    "Observation?based-on={id}": 2,
    "Observation?patient={patient}&_lastUpdated=lt2020": 0,
    "Consent?patient={patient}&status=active": 1,
    "QuestionnaireResponse?patient={patient}&questionnaire=http://loinc.org/q/93373-9": 1,
    "QuestionnaireResponse?patient={patient}&authored=2026-11-22": 1,
    "QuestionnaireResponse?patient={patient}&authored=gt2026-11-22": 0,
    "Patient?_id={patient}": 1,
    "Patient?_id={patient}&birthdate=2007-05": 1,
    "Patient?_id={patient}&birthdate=2008": 0,
    "Patient?_id={patient}&identifier=AF-1188": 1,
    "Communication?patient={patient}": 1,
    "Condition?patient={patient}": 0,
}


@pytest.mark.parametrize("query", OPENED)
def test_what_is_bounded_is_opened_and_then_filtered(way: Way, query: str) -> None:
    heard = get("clinician", query.format(patient=way.patient, id=way.id))
    assert heard.tree["total"] == OPENED[query]
    assert len(heard.entries()) == OPENED[query]
    assert get("outsider", query.format(patient=way.patient, id=way.id)).tree["total"] == 0


def test_each_opening_of_a_search_is_an_event(way: Way) -> None:
    get("clinician", f"Consent?patient={way.patient}")
    found = AuditEvent.objects.filter(action__startswith="resource.").values_list("action", "target")
    assert list(found.order_by("id")) == [
        ("resource.list", f"Agency/{way.county.bhu.id}"),
        ("resource.search", f"Referral/{way.id}"),
    ]


@pytest.mark.parametrize(
    "query", ["Patient", "Patient?name=Zwillinger", "Observation?code=pathway", "Consent?status=active"]
)
def test_what_nothing_bounds_is_not_supported(way: Way, query: str) -> None:
    heard = get("clinician", query)
    assert (heard.status, heard.issue["code"]) == (400, "not-supported")
    assert b"Zwillinger" not in heard.body


def test_more_than_fifty_referrals_are_not_opened(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir.rest.opened.MOST_FOLDERS", 0)
    assert get("clinician", f"Consent?patient={way.patient}").issue["code"] == "too-costly"
    assert not AuditEvent.objects.filter(action="resource.search").exists()


def test_what_is_opened_comes_in_pages_too(way: Way) -> None:
    walked = pages("clinician", f"Observation?patient={way.patient}&_count=1")
    assert [len(page) for page in walked] == [1, 1]
    assert len({each for page in walked for each in page}) == 2


def test_unknown_parameters_are_ignored_aloud_or_refused_if_one_asks(way: Way) -> None:
    heard = get("clinician", "Task?_totalMethod=count&colour=red")
    assert len(heard.entries()) == 3
    (outcome,) = heard.entries("outcome")
    assert [row["code"] for row in outcome["issue"]] == ["not-supported", "not-supported"]
    assert "colour" not in heard.link("self")
    refused = get("clinician", "Task?colour=red", Prefer="handling=strict")
    assert (refused.status, refused.issue["expression"]) == (400, ["http.colour"])


@pytest.mark.parametrize(
    "query",
    ["status:in=requested", "business-status:not=3.0", "patient.identifier=1", "owner.name=detox", "owner:above=1",
     "business-status:missing=true", "owner:Patient=1", "_has:Provenance:target:agent=1", "owner.identifier=detox"],
)  # fmt: skip
def test_a_modifier_is_never_ignored_because_that_would_find_more(way: Way, query: str) -> None:
    assert get("clinician", f"Task?{query}").status == 400


@pytest.mark.parametrize("value", ["xx2020", "yesterday", "2020-02-30", "2020-13", "ap2020", "2020-01-01T99:00:00Z"])
def test_a_date_that_is_none_is_refused(way: Way, value: str) -> None:
    heard = get("clinician", f"Task?_lastUpdated={value}")
    assert (heard.status, heard.issue["expression"]) == (400, ["http._lastUpdated"])


LAST = {
    "eq9999": 0, "9999-12": 0, "eq9999-12-31": 0, "gt9999-12-31": 0, "ge9999-12-31T23:59:59Z": 0, "le9999-12-31": 3,
    "lt9999-12-31T23:59:59.999999Z": 3, "le9999-12-31T23:59-05:00": 3, "lt0001-01-01T00:00:00+05:00": 0, "2026": 3,
}  # fmt: skip


@pytest.mark.parametrize("value", LAST)
def test_the_first_and_last_days_there_are_may_be_asked_for(way: Way, value: str) -> None:
    heard = get("clinician", "Task?_lastUpdated=" + value.replace("+", "%2B"))
    assert (heard.status, len(heard.entries())) == (200, LAST[value])


@pytest.mark.parametrize("stored", ["9999-12-31", "9999-12", "9999", "9999-12-31T23:59:59-05:00"])
def test_a_last_day_that_is_stored_is_found_like_another(stored: str) -> None:
    tree: Object = {"effectiveDateTime": stored}
    date = PARAMETERS["Observation"]["date"]
    for asked, found in {"ge9999": True, "eq9999": True, "le9999-12-31": True, "lt9999": False, "2026": False}.items():
        assert matches(tree, Filter("date", date, asked)) is found


@pytest.mark.parametrize(
    ("text", "end"),
    [("2023", "2024-01-01"), ("2024", "2025-01-01"), ("2024-02", "2024-03-01"), ("2026-12", "2027-01-01"),
     ("2024-02-28", "2024-02-29")],
)  # fmt: skip
def test_a_date_lasts_as_long_as_it_says(text: str, end: str) -> None:
    meant = span(text)
    assert meant is not None
    assert meant.end.isoformat() == f"{end}T00:00:00+00:00"


def test_elements_keep_what_the_type_must_have(way: Way) -> None:
    (row,) = get("detox_intake", "Task?_elements=priority").entries()
    assert set(row) == {"resourceType", "id", "meta", "status", "intent", "priority"}


def test_elements_leave_the_rest_out_and_say_so(way: Way) -> None:
    (row,) = get("clinician", f"Patient?_id={way.patient}&_elements=gender").entries()
    assert set(row) == {"resourceType", "id", "meta", "gender"}
    assert row["meta"]["tag"][0]["code"] == "SUBSETTED"


def test_polling_by_the_last_time_seen_finds_what_is_new_alone(way: Way) -> None:
    newest = max(row["meta"]["lastUpdated"] for row in get("clinician", "Task").entries())
    assert get("clinician", f"Task?_lastUpdated=gt{newest}").entries() == []
    assert get("clinician", f"Task?_lastUpdated=ge{newest}").entries()


def test_a_list_asks_the_database_so_often(way: Way, django_assert_max_num_queries) -> None:
    get("clinician", "Task")
    with django_assert_max_num_queries(10):
        get("clinician", "Task?_count=20")
    with django_assert_max_num_queries(12):
        get("clinician", "ServiceRequest?_count=20")


def test_an_officer_cannot_tell_by_order_or_time_that_the_team_did_something(way: Way) -> None:
    perform(way.county.clinician, [TakeStep(task_id=way.sent, step="start")])
    (day,) = [row["meta"]["lastUpdated"] for row in get("officer", "Task").entries()]
    (later,) = perform(way.county.officer, [Send(data=bundle_of(), to=(way.county.bhu.id,))]).tasks
    for step in ("schedule", "attend"):
        perform(way.county.clinician, [TakeStep(task_id=way.sent, step=step)])
        assert [row["id"] for row in get("officer", "Task").entries()] == [str(later), str(way.sent)]
        assert ids(get("officer", f"Task?_lastUpdated=gt{day}")) == {str(later)}
        assert get("officer", f"Task?_lastUpdated=gt{day}&_summary=count").tree["total"] == 1
