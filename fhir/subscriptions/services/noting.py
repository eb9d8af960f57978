"""Writing down what happened for whoever asked to be told of it, in the transaction in which it did.

Each agency's side is written as that side is shown it: of what a sworn sender does not see there is no row, so that
nothing later, neither a number nor a time, can tell him.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agencies.models import Agency
from fhir.subscriptions.filters import Facts, fits
from fhir.subscriptions.kinds import TOPICS, Status
from fhir.subscriptions.models import Subscription, SubscriptionEvent
from referrals.models import Participation, StepTaken
from referrals.notices.timing import held_until
from referrals.services import columns, showing
from referrals.services.columns import TaskRow
from referrals.services.rows import insert, select
from referrals.services.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that one agency is shown to have changed, and what is so of it now; ``held_until``: not told before."""

    type: str
    focus: UUID
    created: bool
    at: datetime
    facts: Facts
    held_until: datetime | None = None


def note(work: Work) -> None:
    """Write one row for each subscription that asks for what this work did. One query where nobody subscribes."""
    agencies = _sides(work) | (set(work.participations) if _closes(work) else set())
    wanted = [row for row in select(Subscription, agency_id=agencies) if _listens(row, work.now)]
    for agency_id in {row.agency_id for row in wanted}:
        mine = [row for row in wanted if row.agency_id == agency_id]
        changes = [*_tasks(work, agency_id), *_requests(work, agency_id)]
        insert(_rows(work, mine, changes))


def _listens(row: Subscription, at: datetime) -> bool:
    return row.deleted_at is None and row.status != Status.OFF and (row.ends_at is None or row.ends_at > at)


def _rows(work: Work, mine: Iterable[Subscription], changes: list[Change]) -> Iterator[SubscriptionEvent]:
    for row in mine:
        type_ = TOPICS[row.topic].type
        for change in changes:
            if change.type == type_ and fits(row.query, change.facts):
                yield SubscriptionEvent(
                    subscription_id=row.pk,
                    type=type_,
                    focus=change.focus,
                    referral_id=work.referral.pk,
                    created=change.created,
                    at=change.at,
                    held_until=change.held_until,
                    written_at=work.now,
                )


def _sides(work: Work) -> set[UUID]:
    """Who asked and who is asked by the tasks on which a step was taken."""
    tasks = [work.tasks[step.task_id] for step in work.steps]
    return {side for task in tasks for side in (task.requester_id, task.owner_id)}


def _tasks(work: Work, agency_id: UUID) -> Iterator[Change]:
    """The steps that this agency sees of its tasks, a sworn sender its coarse ones."""
    steps = [_whole(work, step) for step in work.steps]
    agency = next((each for each in _agencies(steps) if each.pk == agency_id), None)
    if agency is None:
        return
    rows = columns.task_rows(list({step.task_id: step.task for step in steps}.values()), agency_id)
    facts = {row.shown.id: _task_facts(row) for row in rows}
    for step in steps:
        for line in showing.history([step], agency):
            state: Facts = {"statuses": line.status, "changed": line.at}
            yield Change(
                type="Task",
                focus=line.task_id,
                created=not step.from_status,
                at=line.at,
                facts={**facts[line.task_id], **state},
                held_until=held_until(step.at, shown=line.at, zone=agency.time_zone),
            )


def _whole(work: Work, step: StepTaken) -> StepTaken:
    """A step with its task and who took it, as its history is told from."""
    step.task, step.agency = work.tasks[step.task_id], work.agency
    return step


def _agencies(steps: Iterable[StepTaken]) -> Iterator[Agency]:
    for step in steps:
        yield from (step.task.requester, step.task.owner)


def _task_facts(row: TaskRow) -> Mapping[str, str | datetime]:
    return {
        "ids": str(row.shown.id),
        "statuses": row.shown.status,
        "priorities": row.priority,
        "owners": str(row.owner_id),
        "requesters": str(row.requester_id),
        "requests": str(row.referral_id),
        "changed": row.shown.changed_at,
    }


def _closes(work: Work) -> bool:
    """Whether the agency a request began with ended it by this work; nothing else of it changes once it was sent."""
    ended = work.referral.status != "active"
    mine = work.agency.id == work.referral.origin_id
    return ended and mine and any(step.name in columns.CLOSING for step in work.steps)


def _requests(work: Work, agency_id: UUID) -> Iterator[Change]:
    """The request as it ended, for whoever has a place in it."""
    place = work.participations.get(agency_id)
    if place is not None and _closes(work):
        facts = _request_facts(place) | {"changed": work.now}
        yield Change(type="ServiceRequest", focus=work.referral.pk, created=False, at=work.now, facts=facts)


def _request_facts(place: Participation) -> dict[str, str | datetime]:
    (row,) = columns.request_rows([place])
    return {"ids": str(row.id), "statuses": row.status, "priorities": row.priority}
