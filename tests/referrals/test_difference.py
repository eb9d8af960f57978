"""A Task that was sent, against the one that was shown: which step it means, what may not differ, and what is said."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from fhir.content import builders
from fhir.content.exact import Lexeme
from fhir.content.validate import check
from referrals.difference import Change, change, reason_for, step_of
from referrals.errors import Invalid
from referrals.reasons import REASONS
from referrals.workflow import Side, State
from tests.referrals.test_workflow import ALLOWED

OWNER = UUID("01930000-0000-7000-8000-000000000001")
A = UUID("01930000-0000-7000-8000-00000000000a")
BSER = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
Edit = Callable[[dict[str, Any]], Any]

# Written by hand from BSeR 2.0: what each step says beside the state.
BUSINESS = {
    "send": "2.0", "accept": "3.0", "reject": "4.0", "schedule": "5.1.1", "no-show": "5.1.2", "unschedule": "5.1.3",
    "attend": "5.1.4", "complete": "7.0", "cancel": "6.0", "request-cancel": "5.2", "confirm-cancel": "6.0",
    "force-cancel": "6.0",
}  # fmt: skip
REASON = {
    "reject": "no-capacity", "hold": "waitlist", "fail": "client-left", "cancel": "mistake",
    "request-cancel": "duplicate", "confirm-cancel": "mistake", "force-cancel": "mistake",
    "enter-in-error": "wrong-person",
}  # fmt: skip
EDGES = [
    (state, side, name, to)
    for (state, side), steps in ALLOWED.items()
    if side != "network"
    for name, to in steps.items()
]


def task(status: str = "requested", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = builders.task(
        id_=A,
        service_request_id=A,
        patient_id=A,
        requester="Organization/bhu",
        authored_on="2026-11-22T10:42:00+00:00",
        owner=f"Organization/{OWNER}",
        status=status,
    )
    return made | more


def business(code: str) -> dict[str, Any]:
    return {"coding": [{"system": BSER, "code": code}]}


def reason(code: str, **more: Any) -> dict[str, Any]:
    return {"coding": [{"system": REASONS[code].system, "code": code}], **more}


def asked(sent: dict[str, Any], shown: dict[str, Any] | None = None) -> Change:
    check(sent)
    return change(shown or task(), sent, owner=f"Organization/{OWNER}")


def refused(call: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        call()
    return [(issue.expression, issue.code) for issue in refusal.value.issues]


@pytest.mark.parametrize(("state", "side", "name", "to"), EDGES)
@pytest.mark.parametrize("said", [True, False])
def test_a_state_and_a_business_status_name_the_step_of_the_table(
    state: str, side: str, name: str, to: str, said: bool
) -> None:
    """With the step's own business status, and without one where the state alone says it."""
    if not said and (state == to or name not in BUSINESS):
        said = True
    sent = task(to)
    if name in BUSINESS and said:
        sent["businessStatus"] = business(BUSINESS[name])
    if name in REASON:
        sent["statusReason"] = reason(REASON[name])
    found = asked(sent, task(state, businessStatus=business("9.9")) if name == "send" else task(state))
    step = step_of(found, state=State(state), side=Side(side))
    assert step is not None
    assert (step.name, reason_for(found, step)) == (name, REASON.get(name, ""))


@pytest.mark.parametrize("side", ["owner", "requester"])
@pytest.mark.parametrize("to", State)
@pytest.mark.parametrize("state", State)
def test_what_the_table_has_no_edge_for_is_refused_with_the_edges_there_are(state: State, to: State, side: str) -> None:
    allowed = ALLOWED.get((state.value, side), {})
    if state is to or to.value in allowed.values():
        return
    if side == "owner" and to is State.ACCEPTED and state in (State.CANCELLED, State.ENTERED_IN_ERROR):
        return  # the service says what became of it
    with pytest.raises(Invalid) as refusal:
        step_of(asked(task(to.value), task(state.value)), state=state, side=Side(side))
    (issue,) = refusal.value.issues
    assert (issue.code, issue.expression, refusal.value.code) == ("business-rule", "Task.status", "ILLEGAL_STEP")
    said = {part.strip().partition(":")[0] for part in issue.text.partition("Allowed: ")[2].rstrip(".").split(";")}
    assert said == (set(allowed) or {"nothing"})


def test_an_agency_that_accepts_what_is_over_is_left_to_the_service_which_says_so() -> None:
    step = step_of(asked(task("accepted"), task("cancelled")), state=State.CANCELLED, side=Side.OWNER)
    assert step is not None
    assert step.name == "accept"


def test_what_says_nothing_new_is_no_step() -> None:
    shown = task(meta={"versionId": "3"}, restriction={"repetitions": Lexeme("1")})
    sent = dict(reversed(shown.items())) | {"meta": {"tag": [{"code": "x"}]}, "lastModified": "2026-11-23T00:00:00Z"}
    found = asked(sent, shown)
    assert step_of(found, state=State.REQUESTED, side=Side.OWNER) is None
    assert not found.adds


def test_a_business_status_left_out_says_nothing() -> None:
    sent = task()
    del sent["businessStatus"]
    assert step_of(asked(sent), state=State.REQUESTED, side=Side.OWNER) is None
    sent["status"] = "accepted"
    step = step_of(asked(sent), state=State.REQUESTED, side=Side.OWNER)
    assert step is not None
    assert step.name == "accept"


FROZEN: list[tuple[Edit, str]] = [
    (lambda tree: tree.update(focus={"reference": "ServiceRequest/other"}), "Task.focus"),
    (lambda tree: tree.pop("focus"), "Task.focus"),
    (lambda tree: tree.update(intent="plan"), "Task.intent"),
    (lambda tree: tree.update(description="Zwillinger"), "Task.description"),
    (lambda tree: tree.update({"for": {"reference": "Patient/other"}}), "Task.for"),
    (lambda tree: tree.update(requester={"reference": "Organization/other"}), "Task.requester"),
    (lambda tree: tree.update(authoredOn="2026-11-22T10:42:01+00:00"), "Task.authoredOn"),
    (lambda tree: tree.update(priority="stat"), "Task.priority"),
    (lambda tree: tree.update(partOf=[{"reference": "Task/other"}]), "Task.partOf"),
    (lambda tree: tree.update(_status={"extension": [{"url": "urn:x", "valueString": "y"}]}), "Task.status"),
    (lambda tree: tree.update(owner={"reference": "Organization/other"}), "Task.owner"),
    (lambda tree: tree.update(identifier=[{"system": "urn:x", "value": "1"}]), "Task.identifier"),
]


@pytest.mark.parametrize(("edit", "at"), FROZEN)
def test_nothing_else_may_differ_and_the_element_is_named_without_its_value(edit: Edit, at: str) -> None:
    sent = task("accepted")
    edit(sent)
    with pytest.raises(Invalid) as refusal:
        change(task(), sent, owner=f"Organization/{OWNER}")
    assert [(issue.expression, issue.code) for issue in refusal.value.issues] == [(at, "business-rule")]
    assert "Zwillinger" not in str(refusal.value)


def test_every_element_that_may_not_differ_is_named_at_once() -> None:
    sent = task() | {"intent": "plan", "priority": "stat", "owner": {"reference": "Organization/other"}}
    assert [at for at, _code in refused(lambda: asked(sent))] == ["Task.intent", "Task.priority", "Task.owner"]


@pytest.mark.parametrize("reference", [f"Organization/{OWNER}", f"https://bhu.example.org/fhir/Organization/{OWNER}"])
def test_an_owner_may_say_that_it_is_the_owner(reference: str) -> None:
    shown = task()
    del shown["owner"]
    asked(task("accepted", owner={"reference": reference, "display": "us"}), shown)


def test_an_owner_is_not_taken_for_another_whose_id_ends_alike() -> None:
    sent = task(owner={"reference": f"Organization/x{OWNER}"})
    assert refused(lambda: asked(sent)) == [("Task.owner", "business-rule")]


def test_the_words_of_a_reason_and_new_notes_are_told_apart_from_what_was_there() -> None:
    shown = task(note=[{"text": "Bring her boots."}])
    sent = task(
        "rejected",
        statusReason=reason("no-capacity", text="Not before Friday."),
        note=[{"text": "Bring her boots."}, {"text": "Call back.", "authorString": "Jane", "time": "2026-11-22"}],
    )
    assert asked(sent, shown).words == ("Not before Friday.", "Jane: Call back.")


def test_the_words_a_reason_has_anyway_are_no_note() -> None:
    sent = task("rejected", statusReason=reason("no-capacity", text=REASONS["no-capacity"].text))
    assert asked(sent).words == ()


@pytest.mark.parametrize("name", ["note", "output", "identifier"])
def test_what_was_said_before_stays_said(name: str) -> None:
    values: dict[str, Any] = {
        "note": {"text": "Bring her boots."},
        "output": {"type": {"text": "x"}, "valueString": "y"},
        "identifier": {"system": "urn:x", "value": "1"},
    }
    assert refused(lambda: asked(task(), task(**{name: [values[name]]}))) == [(f"Task.{name}", "business-rule")]


def test_the_recipient_may_add_its_own_number_and_results() -> None:
    number = {"type": {"coding": [{"system": V2, "code": "FILL"}]}, "system": "urn:detox", "value": "D-17"}
    result = {"type": {"text": "Seen by"}, "valueString": "the nurse"}
    found = asked(task(identifier=[number], output=[result]))
    assert (found.numbers, found.outputs) == ((number,), (result,))
    assert step_of(found, state=State.REQUESTED, side=Side.OWNER) is None
    assert refused(lambda: step_of(found, state=State.REQUESTED, side=Side.REQUESTER)) == [
        ("Task.output", "business-rule"),
        ("Task.identifier", "business-rule"),
    ]


@pytest.mark.parametrize(
    "said",
    [{"text": "full"}, {"coding": [{"system": "urn:x", "code": "no-capacity"}]}, {"coding": [{"code": "payer"}]}],
)
def test_a_reason_nobody_knows_is_refused(said: dict[str, Any]) -> None:
    assert refused(lambda: asked(task("rejected", statusReason=said))) == [("Task.statusReason", "code-invalid")]


def test_a_step_that_needs_a_reason_says_which() -> None:
    for sent in (task("rejected"), task("rejected", statusReason=reason("wrong-person"))):
        with pytest.raises(Invalid) as refusal:
            step_of(asked(sent), state=State.REQUESTED, side=Side.OWNER)
        (issue,) = refusal.value.issues
        assert (issue.code, issue.expression, refusal.value.code) == (
            "required",
            "Task.statusReason",
            "REASON_REQUIRED",
        )
        assert "no-capacity" in issue.text


def test_a_reason_that_stands_there_serves_again_and_goes_where_none_is_needed() -> None:
    shown = task("on-hold", statusReason=reason("client-left"))
    found = asked(task("failed", statusReason=reason("client-left")), shown)
    step = step_of(found, state=State.ON_HOLD, side=Side.OWNER)
    assert step is not None
    assert reason_for(found, step) == "client-left"
    found = asked(task("in-progress", statusReason=reason("client-left")), shown)
    step = step_of(found, state=State.ON_HOLD, side=Side.OWNER)
    assert step is not None
    assert (step.name, reason_for(found, step)) == ("resume", "")


def test_a_reason_alone_is_no_step() -> None:
    found = asked(task("accepted", statusReason=reason("waitlist")), task("accepted"))
    assert refused(lambda: step_of(found, state=State.ACCEPTED, side=Side.OWNER)) == [
        ("Task.statusReason", "business-rule")
    ]


@pytest.mark.parametrize("said", [{"text": "soon"}, business("8.0"), {"coding": [{"system": "urn:x", "code": "3.0"}]}])
def test_a_business_status_nobody_knows_is_refused(said: dict[str, Any]) -> None:
    assert refused(lambda: asked(task(businessStatus=said))) == [("Task.businessStatus", "code-invalid")]


def test_a_business_status_that_goes_with_no_step_is_refused_with_those_that_do() -> None:
    found = asked(task("accepted", businessStatus=business("5.1.1")))
    assert refused(lambda: step_of(found, state=State.REQUESTED, side=Side.OWNER)) == [("Task.status", "business-rule")]
    found = asked(task("accepted", businessStatus=business("5.1.1")), task("accepted"))
    assert refused(lambda: step_of(found, state=State.ACCEPTED, side=Side.OWNER)) == [
        ("Task.businessStatus", "business-rule")
    ]


@pytest.mark.parametrize("status", ["ready", "received"])
def test_a_status_that_this_network_does_not_have_is_refused(status: str) -> None:
    found = asked(task(status))
    assert refused(lambda: step_of(found, state=State.REQUESTED, side=Side.OWNER)) == [("Task.status", "business-rule")]
