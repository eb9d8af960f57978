"""The attempts to reach the agency that was asked, for whoever asked it and while nobody has answered.

An officer sees his own first hop, by what he is shown of it; nobody is shown more than of their own tasks.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from agencies.actor import Actor
from referrals.models import ReferralTask
from referrals.notices import attempts
from referrals.notices.attempts import TOLD, Line, Try
from referrals.notices.kinds import SENT_OUT, Channel, Status
from referrals.notices.ladder import Due, Facts, due
from referrals.notices.models import Acknowledgement, Attempt, Call, Delivery
from referrals.notices.working import Pace
from referrals.services import chain, recording
from referrals.services.gating import place_of
from referrals.workflow import State

from .climbing import Paces

MANY = 100
"""People on a rota, for what is due: whoever was on call then, no call of the ladder is missed."""


@dataclass(frozen=True, slots=True)
class Told:
    """How one agency that was asked was told, and whom to call."""

    name: str
    phone: str
    lines: tuple[Line, ...]


def of_referral(actor: Actor, referral_id: UUID) -> list[Told]:
    """How each agency was told that the actor's asked and that has not answered yet; recorded.

    Raises ``NotFound`` as opening would, and ``Denied`` for a part that ended.
    """
    target, now = chain.target(referral_id), timezone.now()
    with recording.refusals(actor, "referral.told", target=target):
        place_of(actor, referral_id)
    recording.record(actor, "referral.told", target=target)
    asked = ReferralTask.objects.filter(
        referral_id=referral_id, requester_id=actor.agency_id, status=State.REQUESTED.value
    )
    tasks = list(asked.select_related("referral", "owner").order_by("id"))
    tries, paces = _tries([task.pk for task in tasks]), Paces()
    have = dict(Acknowledgement.objects.filter(task__in=tasks).values_list("task_id", "at"))
    return [
        Told(
            task.owner.name,
            task.owner.phone,
            tuple(
                attempts.lines(
                    tries[task.pk],
                    calls=_calls(task, have.get(task.pk), paces.of(task.owner), at=now) if actor.sworn else None,
                    have_at=have.get(task.pk),
                )
            ),
        )
        for task in tasks
    ]


def _calls(task: ReferralTask, have_at: datetime | None, pace: Pace, *, at: datetime) -> list[Due]:
    """Every call to the agency that was asked, by what police that asked are shown, also from before it had it."""
    before = Facts(
        asked_at=task.authored_at,
        urgency=task.referral.said_priority,
        service=task.referral.service_type,
        reached=task.owner.connected,
        asker_learns=False,
    )
    known = [before, replace(before, acknowledged_at=have_at)]
    calls = [each for facts in known for each in due(facts, pace, at=at, called=MANY)]
    return [each for each in calls if not each.to_asker]


def _tries(ids: Collection[UUID]) -> dict[UUID, list[Try]]:
    """What went out, by task."""
    calls = {call.notice_id: call for call in Call.objects.filter(task__in=ids, notice__isnull=False)}
    told = Delivery.objects.filter(notice__task__in=ids, notice__code__in=TOLD, agency=F("notice__task__owner"))
    sent: dict[UUID, list[datetime]] = defaultdict(list)
    reached = Attempt.objects.filter(delivery__in=told, ended_at__isnull=False, problem="")
    for delivery_id, when in reached.values_list("delivery_id", "at"):
        sent[delivery_id].append(when)
    made: dict[UUID, list[Try]] = defaultdict(list)
    for row in told.select_related("notice"):
        if row.notice.task_id is not None:
            made[row.notice.task_id] += _of(row, calls.get(row.notice_id), sent[row.pk])
    return made


def _of(row: Delivery, call: Call | None, sent: list[datetime]) -> Iterator[Try]:
    """One on the pages was there at once; whatever leaves the installation counts when it went out."""
    channel = Channel(row.channel)
    for when in sent if channel in SENT_OUT else [row.created_at]:
        yield Try(
            code=row.notice.code,
            channel=channel,
            at=when,
            rung=call.rung if call else "",
            level=call.level if call else 0,
            named=bool(call and call.membership_id),
            failed=row.status == Status.DEAD,
        )
