"""Asking on by itself: what is urgent, that nobody said they have, goes to who was named next, as the sender said.

Nothing is asked on that the gate does not let go there now; whoever sent it is told, and it stays with an alarm.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from agencies.errors import AgencyError
from agencies.services import actor_for
from audit import log
from referrals.acts import Reoffer
from referrals.errors import Gone, Refused
from referrals.models import ReferralTask
from referrals.notices.ladder import ASKER
from referrals.notices.models import Acknowledgement, Call
from referrals.notices.saying import NOT_ASKED
from referrals.notices.timers import Rung
from referrals.perform import perform
from referrals.services import chain, telling
from referrals.workflow import State

from .models import Following, Stand

BATCH = 50
"""So many rows are settled in one run; the next goes on."""
ASK_ON = "referral.reoffer"


def ask_next(*, at: datetime) -> int:
    """Ask whoever is next, of every referral whose ladder came to its end. Returns how many rows were settled.

    Safe to run twice and at once: a row that is not waiting any more is let be.
    """
    ended = Call.objects.filter(rung=Rung.ACKNOWLEDGED.value, level=ASKER).values("task")
    waiting = Following.objects.filter(
        status=Stand.WAITING.value,
        first__status=State.REQUESTED.value,
        first__acknowledgement=None,
        first__in=ended,
    )
    had = Following.objects.filter(task__acknowledgement__isnull=False).values("first")
    firsts = waiting.exclude(first__in=had).order_by("first_id").values_list("first_id", flat=True).distinct()
    settled = 0
    for first_id in list(firsts):  # those whose time is not over yet are many, and hold nobody up
        if settled >= BATCH:
            break
        settled += _ask(first_id, at=at)
    return settled


def _ask(first_id: UUID, *, at: datetime) -> int:
    rows = list(Following.objects.filter(first_id=first_id).select_related("membership", "task").order_by("place"))
    if not _is_over([row.task for row in rows if row.task is not None]):
        return 0
    settled = 0
    for row in rows:
        if row.status != Stand.WAITING:
            continue
        done = _tried(row, at=at)
        if done is None:
            return settled
        settled += 1
        if done:
            break
    return settled


def _is_over(asked: Sequence[ReferralTask]) -> bool:
    """Whether who was asked last has let its time go by, or said no; nobody of them says that they have it.

    Of the first of all that was asked before.
    """
    if not asked:
        return True
    if Acknowledgement.objects.filter(task__in=[task.pk for task in asked]).exists():
        return False
    last = asked[-1]
    if last.status != State.REQUESTED.value:
        return True
    return Call.objects.filter(task=last, rung=Rung.ACKNOWLEDGED.value, level=ASKER).exists()


def _tried(row: Following, *, at: datetime) -> bool | None:
    """Whether this one was asked; ``False``: it may not go there; ``None``: somebody has it by now."""
    try:
        perform(actor_for(row.membership), [Reoffer(referral_id=row.referral_id, following_id=row.pk)])
    except Gone:
        return None
    except (Refused, AgencyError) as refusal:
        _refuse(row, refusal, at=at)
        return False
    return True


@transaction.atomic
def _refuse(row: Following, refusal: Refused | AgencyError, *, at: datetime) -> None:
    """Note why it was not asked; whoever sent it is told if that was the last one.

    ``perform`` recorded its own refusals; who left is nobody it could record.
    """
    waiting = Following.objects.filter(first_id=row.first_id, status=Stand.WAITING.value)
    if not waiting.filter(pk=row.pk).update(status=Stand.REFUSED.value, code=refusal.code, ended_at=at):
        return
    if not waiting.exists():
        _tell(row, at=at)
    if isinstance(refusal, AgencyError):
        log.record(
            action=ASK_ON,
            target=chain.target(row.referral_id),
            actor=f"Membership/{row.membership_id}",
            agency=str(row.membership.agency_id),
            outcome=log.Outcome.REFUSED,
            code=refusal.code,
        )


def _tell(row: Following, *, at: datetime) -> None:
    """Whoever sent it learns that it could be asked of nobody else."""
    first = ReferralTask.objects.get(pk=row.first_id)
    for notice in telling.notices(first.requester_id, row.referral_id, NOT_ASKED, at=at, task=first):
        notice.save(force_insert=True)
