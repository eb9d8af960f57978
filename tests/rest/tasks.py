"""A task between two agencies as a partner brings it on: to a state, and what is sent for it."""

from typing import Any
from uuid import UUID

from referrals.acts import TakeStep
from referrals.models import Idempotency, Manifest, Notice, Section, StepTaken
from referrals.perform import perform
from tests.county import County
from tests.referrals.test_difference import BUSINESS, REASON, business, reason
from tests.rest.calling import Heard, get, send

PATHS: dict[str, list[tuple[str, str]]] = {
    "requested": [],
    "accepted": [("owner", "accept")],
    "in-progress": [("owner", "accept"), ("owner", "start")],
    "on-hold": [("owner", "accept"), ("owner", "hold")],
    "completed": [("owner", "accept"), ("owner", "complete")],
    "rejected": [("owner", "reject")],
    "failed": [("owner", "accept"), ("owner", "fail")],
    "cancelled": [("requester", "cancel")],
    "entered-in-error": [("requester", "enter-in-error")],
}
"""How a task comes to each state; a draft is never put to anybody."""

PEOPLE = {"owner": "detox_intake", "requester": "clinician"}


def bring(county: County, task: UUID, state: str, *, owner: str = "detox_intake", requester: str = "clinician") -> None:
    actors = {"owner": getattr(county, owner), "requester": getattr(county, requester)}
    for side, name in PATHS[state]:
        perform(actors[side], [TakeStep(task_id=task, step=name, reason=REASON.get(name, ""))])


def shown(who: str, task: UUID) -> dict[str, Any]:
    tree: dict[str, Any] = get(who, f"Task/{task}").tree
    return tree


def asking(tree: dict[str, Any], name: str, to: str) -> dict[str, Any]:
    """A Task that asks for a step, as a partner writes it: what it read, and what is to change."""
    sent = {key: value for key, value in tree.items() if key != "statusReason"} | {"status": to}
    sent |= {"businessStatus": business(BUSINESS[name])} if name in BUSINESS else {}
    return sent | ({"statusReason": reason(REASON[name])} if name in REASON else {})


def put(who: str, task: UUID, tree: Any, **headers: str) -> Heard:
    return send("PUT", who, f"Task/{task}", tree, **headers)


def patch(who: str, task: UUID, *operations: dict[str, Any], **headers: str) -> Heard:
    return send("PATCH", who, f"Task/{task}", list(operations), **headers)


def written() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Section, StepTaken, Manifest, Notice, Idempotency))
