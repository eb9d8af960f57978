"""What is sent for a task: what says nothing new, what is wrong and named, and what is added beside a step."""

from typing import Any
from uuid import UUID

import pytest

from audit.models import AuditEvent
from referrals.models import ReferralTask, StepTaken
from tests.referrals.test_difference import V2, business, reason
from tests.rest.calling import get, send
from tests.rest.tasks import PEOPLE, patch, put, shown, written


def test_what_says_nothing_new_is_no_version(task: UUID) -> None:
    before, steps = get("detox_intake", f"Task/{task}"), StepTaken.objects.count()
    rows = written()
    same = dict(reversed(before.tree.items())) | {"lastModified": "2027-01-01T00:00:00Z"}
    for sent in (before.tree, same):
        heard = put("detox_intake", task, sent)
        assert (heard.status, heard.headers["ETag"], heard.tree) == (200, 'W/"1"', before.tree)
    assert patch("detox_intake", task).tree == before.tree
    assert (written(), StepTaken.objects.count()) == (rows, steps)


FROZEN: dict[str, Any] = {
    "focus": {"reference": "ServiceRequest/other"}, "for": {"reference": "Patient/Zwillinger"}, "intent": "plan",
    "priority": "asap", "description": "Zwillinger", "requester": {"reference": "Organization/other"},
    "owner": {"reference": "Organization/other"}, "authoredOn": "2020-01-01", "partOf": [{"reference": "Task/other"}],
}  # fmt: skip


@pytest.mark.parametrize("name", FROZEN)
def test_nothing_but_the_state_and_what_is_added_may_differ(task: UUID, name: str) -> None:
    rows = written()
    heard = put("detox_intake", task, shown("detox_intake", task) | {"status": "accepted", name: FROZEN[name]})
    assert (heard.status, heard.issue["code"]) == (422, "business-rule")
    assert heard.issue["expression"] == [f"Task.{name}"]
    assert b"Zwillinger" not in heard.body
    assert written() == rows
    assert AuditEvent.objects.filter(action="resource.update", target=f"Task/{task}", code="INVALID").count() == 1


BAD_BODIES: list[tuple[bytes, str, int, str]] = [
    (b"{", "", 400, "structure"),
    (b'{"resourceType":"Task","resourceType":"Task"}', "", 400, "structure"),
    (b"[]", "", 400, "structure"),
    (b'{"resourceType":"Patient","id":"x"}', "", 400, "invalid"),
    (b'{"resourceType":"Task"}', "", 400, "value"),
    (b'{"resourceType":"Task","id":"other"}', "", 400, "value"),
    (b"<Task/>", "application/fhir+xml", 415, "not-supported"),
    (b"{}", "application/json-patch+json", 415, "not-supported"),
    (b'{"x":"' + b"y" * 5_000_001 + b'"}', "", 413, "too-long"),
]


@pytest.mark.parametrize(("body", "kind", "status", "code"), BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_a_body_that_is_none_is_refused_and_changes_nothing(
    task: UUID, body: bytes, kind: str, status: int, code: str
) -> None:
    rows = written()
    heard = send("PUT", "detox_intake", f"Task/{task}", body, kind)
    assert (heard.status, heard.issue["code"]) == (status, code)
    assert heard.issue["expression"]
    assert written() == rows


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"status": "done"}, "code-invalid", "Task.status"),
        ({"status": None}, "value", "Task.status"),
        ({"colour": "red"}, "structure", "Task.colour"),
        ({"note": [{"time": "2026-11-22"}]}, "required", "Task.note[0].text"),
        ({"status": "rejected"}, "required", "Task.statusReason"),
        ({"status": "rejected", "statusReason": {"text": "full"}}, "code-invalid", "Task.statusReason"),
        ({"status": "rejected", "statusReason": reason("wrong-person")}, "required", "Task.statusReason"),
        ({"status": "accepted", "businessStatus": business("9")}, "code-invalid", "Task.businessStatus"),
        ({"note": [{"text": "x" * 5000}]}, "value", "Task.note"),
    ],
)
def test_an_element_that_is_wrong_is_named(task: UUID, change: dict[str, Any], code: str, at: str) -> None:
    rows = written()
    heard = put("detox_intake", task, shown("detox_intake", task) | change)
    assert (heard.status, heard.issue["code"], heard.issue["expression"]) == (422, code, [at])
    assert written() == rows


def test_a_patch_takes_a_step(task: UUID) -> None:
    heard = patch(
        "detox_intake",
        task,
        {"op": "test", "path": "/meta/versionId", "value": "1"},
        {"op": "replace", "path": "/status", "value": "rejected"},
        {"op": "add", "path": "/statusReason", "value": reason("no-capacity", text="Not before Friday.")},
    )
    assert (heard.status, heard.tree["status"], heard.headers["ETag"]) == (200, "rejected", 'W/"2"')
    assert ReferralTask.objects.get(pk=task).reason == "no-capacity"


BAD_PATCHES: list[tuple[Any, str, int, str]] = [
    (b"{", "", 400, "http"),
    ({"op": "remove"}, "", 400, "http.body"),
    ([{"op": "spam", "path": "/status"}], "", 400, "http.body[0].op"),
    ([{"op": "test", "path": "/status", "value": "accepted"}], "", 422, "http.body[0].value"),
    ([{"op": "remove", "path": "/Zwillinger"}], "", 422, "http.body[0].path"),
    ([{"op": "replace", "path": "", "value": 1}], "", 422, "http.body"),
    ([{"op": "remove", "path": "/focus"}], "", 422, "Task.focus"),
    ([{"op": "replace", "path": "/id", "value": "x"}], "", 422, "Task.id"),
    ([], "application/json", 415, "http.Content-Type"),
    ([], "application/merge-patch+json", 415, "http.Content-Type"),
    ({"resourceType": "Parameters"}, "application/fhir+json", 415, "http.Content-Type"),
]


@pytest.mark.parametrize(("body", "kind", "status", "at"), BAD_PATCHES, ids=range(len(BAD_PATCHES)))
def test_a_patch_that_is_none_or_does_not_fit_is_refused(
    task: UUID, body: Any, kind: str, status: int, at: str
) -> None:
    rows = written()
    heard = send("PATCH", "detox_intake", f"Task/{task}", body, kind)
    assert (heard.status, heard.issue["expression"]) == (status, [at]), heard.body
    assert b"Zwillinger" not in heard.body
    assert written() == rows


def test_what_a_patch_does_before_it_fails_is_not_done(task: UUID) -> None:
    heard = patch(
        "detox_intake",
        task,
        {"op": "replace", "path": "/status", "value": "accepted"},
        {"op": "test", "path": "/intent", "value": "plan"},
    )
    assert heard.status == 422
    assert ReferralTask.objects.get(pk=task).status == "requested"


RESULT = {"type": {"text": "Seen by"}, "valueString": "the nurse"}
NUMBER = {"type": {"coding": [{"system": V2, "code": "FILL"}]}, "system": "urn:example:detox", "value": "D-17"}


def communications(who: str, task: UUID) -> list[dict[str, Any]]:
    patient = ReferralTask.objects.get(pk=task).referral.folder.patient_id
    found = get(who, f"Communication?patient={patient}").entries()
    return [tree for tree in found if tree["about"] == [{"reference": f"Task/{task}"}]]


def test_a_note_a_result_and_a_number_come_with_the_step_and_are_read_by_both_sides(task: UUID) -> None:
    more = {"note": [{"text": "Come before ten."}], "output": [RESULT], "identifier": [NUMBER]}
    heard = put("detox_intake", task, shown("detox_intake", task) | {"status": "accepted"} | more)
    assert heard.status == 200, heard.body
    for who in PEOPLE.values():
        note, result, number = sorted(communications(who, task), key=lambda tree: tree["id"])
        assert note["payload"] == [{"contentString": "Come before ten."}]
        assert (result["topic"], result["payload"]) == (RESULT["type"], [{"contentString": "the nurse"}])
        assert number["identifier"] == [NUMBER]
    assert StepTaken.objects.filter(task_id=task, name="accept").count() == 1


def test_a_step_is_not_taken_if_what_comes_with_it_is_refused(task: UUID) -> None:
    rows = written()
    more = {"output": [RESULT, {"type": {"text": "x"}, "valueTime": "12:00:00"}]}
    heard = put("detox_intake", task, shown("detox_intake", task) | {"status": "accepted"} | more)
    assert (heard.status, heard.issue["expression"]) == (422, ["Task.output[1].value"])
    assert written() == rows


def test_a_requester_gives_no_results(task: UUID) -> None:
    heard = put("clinician", task, shown("clinician", task) | {"output": [RESULT]})
    assert (heard.status, heard.issue["expression"]) == (422, ["Task.output"])


def test_the_same_words_sent_twice_are_filed_once_also_without_a_key(task: UUID) -> None:
    """A partner that got no answer sends again; so does one that reads, adds its words, and reads again."""
    boots = {"note": [{"text": "Bring her boots."}]}
    for _ in range(2):
        assert put("clinician", task, shown("clinician", task) | boots).status == 200
    rows = written()
    assert put("clinician", task, shown("clinician", task) | boots).status == 200
    assert written() == rows
    assert len(communications("detox_intake", task)) == 1
    for text in ("And her coat.", "Bring her boots."):  # said before something else, it is said again
        assert put("clinician", task, shown("clinician", task) | {"note": [{"text": text}]}).status == 200
    assert len(communications("detox_intake", task)) == 3
    assert put("detox_intake", task, shown("detox_intake", task) | boots).status == 200  # the other side says it, too
    assert len(communications("detox_intake", task)) == 4


def test_a_step_sent_twice_with_its_words_is_one_step_and_one_note(task: UUID) -> None:
    sent = {"status": "accepted", "note": [{"text": "Come before ten."}], "output": [RESULT]}
    for _ in range(2):
        assert put("detox_intake", task, shown("detox_intake", task) | sent).status == 200
    found = communications("clinician", task)
    assert len([tree for tree in found if "topic" not in tree]) == 1
    assert StepTaken.objects.filter(task_id=task, name="accept").count() == 1


def test_a_step_sent_again_under_its_key_is_done_whatever_version_it_named(task: UUID) -> None:
    accept = {"op": "replace", "path": "/status", "value": "accepted"}
    for _ in range(2):
        heard = patch("detox_intake", task, accept, If_Match='W/"1"', Idempotency_Key="taken")
        assert (heard.status, heard.headers["ETag"], heard.tree["status"]) == (200, 'W/"2"', "accepted")
    assert patch("detox_intake", task, accept, If_Match='W/"1"').status == 412
    assert StepTaken.objects.filter(task_id=task, name="accept").count() == 1


def test_words_alone_are_no_version_and_a_key_files_them_once(task: UUID) -> None:
    sent = shown("clinician", task) | {"note": [{"text": "Bring her boots."}]}
    for _ in range(2):
        heard = put("clinician", task, sent, Idempotency_Key="boots")
        assert (heard.status, heard.headers["ETag"]) == (200, 'W/"1"')
    assert len(communications("detox_intake", task)) == 1
    heard = put("clinician", task, sent | {"note": [{"text": "And her coat."}]}, Idempotency_Key="boots")
    assert (heard.status, heard.issue["code"], heard.refusal) == (409, "duplicate", "KEY_REUSED")
