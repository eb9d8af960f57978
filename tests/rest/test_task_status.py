"""A task's steps over HTTP: each of the table by its side, what else is refused, and what nobody learns by trying."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.utils import timezone

from audit.models import AuditEvent
from fhir.content import exact
from fhir.content.validate import check
from referrals.acts import Send, TakeStep
from referrals.models import ReferralTask
from referrals.perform import perform
from referrals.workflow import State
from tests.county import County, bundle_of
from tests.referrals.test_difference import BUSINESS, REASON, business, reason
from tests.referrals.test_workflow import ALLOWED
from tests.rest import calling
from tests.rest.calling import get, send
from tests.rest.tasks import PATHS, PEOPLE, asking, bring, patch, put, shown, written

EDGES = [
    (state, side, name, to)
    for (state, side), steps in ALLOWED.items()
    if side != "network" and state in PATHS
    for name, to in steps.items()
    if name != "force-cancel"
]


@pytest.mark.parametrize(("state", "side", "name", "to"), EDGES)
def test_each_step_of_the_table_is_taken_by_its_side(
    county: County, task: UUID, state: str, side: str, name: str, to: str
) -> None:
    bring(county, task, state)
    before = shown(PEOPLE[side], task)
    heard = put(PEOPLE[side], task, asking(before, name, to))
    assert heard.status == 200, heard.body
    version = int(before["meta"]["versionId"]) + 1
    assert heard.headers["ETag"] == f'W/"{version}"'
    assert heard.headers["Location"].endswith(f"/fhir/Task/{task}/_history/{version}")
    assert heard.headers["Last-Modified"].endswith("GMT")
    tree = heard.tree
    check(exact.parse(heard.body))
    assert (tree["status"], tree["meta"]["versionId"]) == (to, str(version))
    assert get(PEOPLE[side], f"Task/{task}").tree == tree
    if name in BUSINESS:
        assert tree["businessStatus"]["coding"][0]["code"] == BUSINESS[name]
    if name in REASON:
        assert tree["statusReason"]["coding"][0]["code"] == REASON[name]
    assert AuditEvent.objects.filter(action=f"task.{name}", outcome="0", door="fhir").count() == 1


def test_a_cancellation_without_an_answer_is_taken_after_a_day(county: County, task: UUID) -> None:
    bring(county, task, "accepted")
    assert put("clinician", task, asking(shown("clinician", task), "request-cancel", "accepted")).status == 200
    forced = asking(shown("clinician", task), "force-cancel", "cancelled")
    heard = put("clinician", task, forced)
    assert (heard.status, heard.issue["code"], heard.refusal) == (422, "business-rule", "TOO_EARLY")
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        assert put("clinician", task, forced).tree["status"] == "cancelled"


@pytest.mark.parametrize("side", ["owner", "requester"])
@pytest.mark.parametrize("state", PATHS)
def test_every_other_change_is_refused_naming_what_this_side_may_do(
    county: County, task: UUID, state: str, side: str
) -> None:
    bring(county, task, state)
    allowed, before, rows = ALLOWED.get((state, side), {}), shown(PEOPLE[side], task), written()
    for to in State:
        if to.value == state or to.value in allowed.values() or (side, to.value, state) in GONE:
            continue
        heard = put(PEOPLE[side], task, before | {"status": to.value})
        assert (heard.status, heard.refusal) == (422, "ILLEGAL_STEP"), heard.body
        assert (heard.issue["code"], heard.issue["expression"]) == ("business-rule", ["Task.status"])
        listed = heard.issue["details"]["text"].partition("Allowed: ")[2].rstrip(".").split("; ")
        assert {each.partition(":")[0] for each in listed} == (set(allowed) or {"nothing"})
    assert written() == rows


GONE = {("owner", "accepted", "cancelled"), ("owner", "accepted", "entered-in-error")}
"""Who accepts what is over is told that it is gone."""


@pytest.mark.parametrize("path", [f"Task/{uuid4()}", "Task/no-id", "Task/{task}"])
def test_what_is_not_there_and_what_is_not_yours_is_one_answer(task: UUID, path: str) -> None:
    here = path.format(task=task)
    asked = [
        send("PUT", "outsider", here, {"resourceType": "Task", "id": here.partition("/")[2]}),
        send("PATCH", "outsider", here, []),
        get("outsider", here),
    ]
    assert {heard.status for heard in asked} == {404}
    assert len({heard.body for heard in asked}) == 1
    assert AuditEvent.objects.filter(action="resource.update", code="NOT_FOUND", outcome="4").count() == 2


def test_nothing_is_made_by_sending_it_to_an_id_that_is_free(task: UUID) -> None:
    free = uuid4()
    rows = written()
    assert put("clinician", free, shown("clinician", task) | {"id": str(free)}).status == 404
    assert written() == rows


def test_an_old_version_is_not_overwritten(county: County, task: UUID) -> None:
    before = shown("detox_intake", task)
    bring(county, task, "accepted")
    started = before | {"status": "in-progress"}
    heard = put("detox_intake", task, started, If_Match='W/"1"')
    assert (heard.status, heard.issue["code"], heard.refusal) == (412, "conflict", "STALE")
    assert "accepted by us" in heard.issue["details"]["text"]
    for nonsense in ('W/"7"', "1", 'W/"x"', "W/1"):
        assert put("detox_intake", task, started, If_Match=nonsense).status == 412
    assert patch("detox_intake", task, {"op": "remove", "path": "/nowhere"}, If_Match='W/"1"').status == 412
    for good in ('W/"2"', '"2"', 'W/"1", W/"2"', "*"):
        assert put("detox_intake", task, shown("detox_intake", task), If_Match=good).status == 200
    assert ReferralTask.objects.get(pk=task).version == 2
    current = asking(shown("detox_intake", task), "start", "in-progress")
    assert put("detox_intake", task, current, If_Match='W/"2"').headers["ETag"] == 'W/"3"'


def test_what_changes_between_reading_and_doing_is_noticed(
    county: County, task: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without If-Match, too: the acts carry the version their sender was shown."""
    from fhir.rest import updating

    def slow(*asked: Any, **more: Any) -> Any:
        bring(county, task, "accepted")
        return perform(*asked, **more)

    before = shown("detox_intake", task)
    monkeypatch.setattr(updating, "perform", slow)
    heard = put("detox_intake", task, asking(before, "reject", "rejected"))
    assert (heard.status, heard.issue["code"], heard.refusal) == (412, "conflict", "STALE")
    assert "accepted by us" in heard.issue["details"]["text"]


@pytest.mark.parametrize("prefer", ["", "return=representation", "return=minimal", "return=OperationOutcome"])
def test_what_comes_back_is_what_was_preferred(task: UUID, prefer: str) -> None:
    heard = put("detox_intake", task, shown("detox_intake", task) | {"status": "accepted"}, Prefer=prefer)
    assert (heard.status, heard.headers["ETag"]) == (200, 'W/"2"')
    if prefer.endswith("minimal"):
        assert heard.body == b""
    else:
        assert heard.tree["resourceType"] == ("OperationOutcome" if prefer.endswith("Outcome") else "Task")


def test_who_may_only_write_reads_nothing_by_it(county: County, task: UUID) -> None:
    class Writes(calling.Known):
        def require(self, type_: str, interaction: str) -> None:
            if interaction not in ("update", "patch"):
                raise calling.NotCovered("only u")

    sent = shown("detox_intake", task) | {"status": "accepted"}
    calling.PEOPLE["writer"] = Writes(county.detox_intake)
    heard = put("writer", task, sent)
    assert (heard.status, heard.body, heard.headers["ETag"]) == (200, b"", 'W/"2"')
    calling.PEOPLE["reader"] = calling.Known(county.detox_intake, never=frozenset({"Task"}))
    heard = put("reader", task, sent)
    assert (heard.status, heard.refusal) == (403, "SCOPE")


def test_a_colleague_whose_role_answers_nothing_is_refused(county: County, task: UUID) -> None:
    heard = put("admin", task, {"resourceType": "Task", "id": str(task)})
    assert heard.status in (403, 404)
    assert ReferralTask.objects.get(pk=task).status == "requested"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_conditional_change_is_refused_by_name(task: UUID, method: str) -> None:
    heard = send(method, "detox_intake", "Task?identifier=urn:x|1", {"resourceType": "Task"})
    assert (heard.status, heard.issue["code"]) == (405, "not-supported")
    assert "conditional" in heard.issue["details"]["text"]
    assert send("PUT", "detox_intake", f"Organization/{uuid4()}", {}).status == 405
    assert send("PATCH", "detox_intake", f"Patient/{uuid4()}", []).status == 405


def everything_said(task: UUID) -> dict[str, tuple[int, Any]]:
    """What the officer hears for every status and business status he could send, nothing of which is a step."""
    before = shown("officer", task)
    told = {}
    for to in State:
        heard = put("officer", task, before | {"status": to.value, "statusReason": reason("payer")})
        told[to.value] = (heard.status, heard.tree)
    for code in ("2.0", "3.0", "5.1.1", "6.0", "7.0"):
        heard = put("officer", task, before | {"businessStatus": business(code)})
        told[code] = (heard.status, heard.tree)
    return told


@pytest.mark.parametrize(
    ("one", "other"), [("in-progress", "on-hold"), ("completed", "failed"), ("completed", "cancelled-later")]
)
def test_an_officer_learns_nothing_by_trying_that_he_is_not_shown(
    county: County, officers: UUID, one: str, other: str
) -> None:
    from django.db import transaction

    answers = []
    for state in (one, other):
        point = transaction.savepoint()
        if state == "cancelled-later":
            bring(county, officers, "accepted", owner="clinician")
            perform(county.clinician, [TakeStep(task_id=officers, step="confirm-cancel", reason="mistake")])
        else:
            bring(county, officers, state, owner="clinician")
        answers.append((everything_said(officers), without_times(shown("officer", officers))))
        transaction.savepoint_rollback(point)
    assert answers[0] == answers[1]
    assert {what: status for what, (status, _tree) in answers[0][0].items() if status != 422} == {
        "2.0": 200
    }  # as shown


def without_times(tree: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tree.items() if key not in ("meta", "lastModified")}


def test_an_officer_calls_off_what_nobody_took(county: County, officers: UUID) -> None:
    before = shown("officer", officers)
    assert "businessStatus" in before
    heard = put("officer", officers, asking(before, "cancel", "cancelled"))
    assert heard.status == 200, heard.body
    assert heard.tree["status"] == "completed"  # closed, as everything that ends is to him
    assert ReferralTask.objects.get(pk=officers).status == "cancelled"


def test_an_officer_asks_to_cancel_and_sees_no_more_than_before(county: County, officers: UUID) -> None:
    bring(county, officers, "in-progress", owner="clinician")
    before = shown("officer", officers)
    heard = put("officer", officers, asking(before, "request-cancel", "in-progress"))
    assert heard.status == 200, heard.body
    assert heard.tree == before
    assert ReferralTask.objects.get(pk=officers).business_status == "5.2"


def test_everything_that_is_answered_here_names_no_client(task: UUID) -> None:
    sent = shown("clinician", task) | {"description": "Ottilie Zwillinger", "note": [{"text": "Ottilie"}]}
    for heard in (put("clinician", task, sent), put("outsider", task, sent)):
        assert heard.status >= 400
        assert b"Ottilie" not in heard.body
    assert all("Ottilie" not in json.dumps([event.code, event.target]) for event in AuditEvent.objects.all())


def test_the_statement_says_how_a_task_is_brought_on(db: None) -> None:
    (rest,) = get("", "metadata").tree["rest"]
    (row,) = [each for each in rest["resource"] if each["type"] == "Task"]
    assert {"update", "patch"} <= {each["code"] for each in row["interaction"]}
    for name in {name for steps in ALLOWED.values() for name in steps} - {"lapse", "withdraw", "send"}:
        assert f"{name}:" in row["documentation"]


@pytest.mark.usefixtures("task")
@pytest.mark.parametrize("taken", [(), ("accept",)])
def test_police_are_offered_in_words_only_what_they_may_do(county: County, taken: tuple[str, ...]) -> None:
    """What somebody took on, police do not take back: the list of what is allowed does not say so either."""
    (sent,) = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))]).tasks
    for step in taken:
        perform(county.clinician, [TakeStep(task_id=sent, step=step)])
    heard = put("officer", sent, shown("officer", sent) | {"status": "completed"})
    assert (heard.status, heard.refusal) == (422, "ILLEGAL_STEP")
    assert ("enter-in-error" in heard.issue["details"]["text"]) is (not taken)
