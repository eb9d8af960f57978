"""The only writer of a task's state: the row, the step taken, the inbox copy and who is told."""

from datetime import datetime

from referrals.models import ReferralTask, StepTaken
from referrals.projection import COARSE, shown_at
from referrals.workflow import Business, State, Step

from .work import Work


def move(work: Work, task: ReferralTask, step: Step, *, reason: str = "", how: str = "") -> bool:
    """Apply ``step``, already found legal, to ``task``, already locked. Returns whether the coarse view changed."""
    before = State(task.status)
    after = step.lands_on(before)
    task.status = after.value
    task.business_status = (step.business or Business(task.business_status)).value
    task.reason = reason
    task.version += 1
    task.changed_at = work.now
    if step.business is Business.CANCEL_REQUESTED:
        task.cancel_asked_at = work.now
    coarse_changed = COARSE[before] is not COARSE[after]
    if coarse_changed:
        task.coarse_version += 1
        task.coarse_at = coarse_time(task, work.now)
    work.moved.add(task.id)
    work.steps.append(_taken(work, task, step, before=before, reason=reason, how=how))
    _copy_to_inbox(work, task)
    return coarse_changed


def coarse_time(task: ReferralTask, at: datetime) -> datetime:
    """When a sworn sender is told it happened: to the minute for his first hop, else the start of his agency's day."""
    return shown_at(at, coarse=COARSE[State(task.status)], zone=task.requester.time_zone)


def tell_other_side(work: Work, task: ReferralTask, step: Step, *, coarse_changed: bool) -> None:
    """Write the notice to whoever did not take the step; a sworn sender hears only of a change of his coarse view."""
    other = task.requester if work.agency.id == task.owner_id else task.owner
    if not other.sworn:
        work.notify(other, step.name, task)
    elif coarse_changed:
        work.notify(other, COARSE[State(task.status)].value, task)


def tell_of_words(work: Work, task: ReferralTask) -> None:
    """Write the notice that something was added to a task, to the other side; a sworn sender sees no such thing."""
    other = task.requester if work.agency.id == task.owner_id else task.owner
    if not other.sworn:
        work.notify(other, "task-note", task)


def _taken(work: Work, task: ReferralTask, step: Step, *, before: State, reason: str, how: str) -> StepTaken:
    return StepTaken(
        task_id=task.id,
        name=step.name,
        from_status=before.value,
        to_status=task.status,
        business_status=task.business_status,
        reason=reason,
        agency_id=work.agency.id,
        membership_id=work.actor.membership_id,
        how=how,
        version=task.version,
        at=work.now,
    )


def _copy_to_inbox(work: Work, task: ReferralTask) -> None:
    """Lists read the participation alone, so it carries the state of the task its agency came in by."""
    row = work.participations[task.owner_id]
    if row.task_id == task.id:
        row.status = task.status
        work.touched.add(task.owner_id)
