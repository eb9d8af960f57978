"""An agency's place ends while it is still asked something: the task stays as it is, for others to answer for."""

from typing import TYPE_CHECKING
from uuid import UUID

from referrals.models import ReferralTask
from referrals.workflow import FINAL

if TYPE_CHECKING:
    from .work import Work


def close_but_asked(work: "Work", agency_id: UUID) -> None:
    """Close an agency's place, and leave its side of a task that is open: its requester still sees it, and may cancel.

    To move it would show a police sender that something happened elsewhere (R-P2-03).
    """
    asked = {task.id for task in open_tasks(work, agency_id)}
    kept = {row: parts for row, parts in work.parties.items() if row[0] == agency_id and row[1] in asked}
    work.close(agency_id)
    work.parties |= kept


def open_tasks(work: "Work", agency_id: UUID) -> list[ReferralTask]:
    """What this agency was asked and that is not over, locked."""
    rows = ReferralTask.objects.filter(referral=work.referral, owner_id=agency_id).order_by("id")
    waiting = rows.exclude(status__in=[state.value for state in FINAL])
    return [work.task(task_id) for task_id in waiting.values_list("id", flat=True)]
