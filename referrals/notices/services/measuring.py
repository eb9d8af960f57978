"""How fast an agency answers, as numbers: of what it was asked in a time, how long until each rung was reached.

Only its own tasks are counted, and nothing of anybody: how many, the median, nine in ten, and how many within half an
hour. What is not reached yet is counted as that, and in no time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median, quantiles

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.roles import Role
from referrals.models import ReferralTask
from referrals.notices.ladder import Facts
from referrals.notices.timers import Rung
from referrals.policy.codes import DenyCode, denied
from referrals.policy.limits import OWN_ONLY
from referrals.services import recording
from referrals.services.gating import works

from .climbing import AT_ONCE, facts_of

SPAN = timedelta(days=90)
SOON = timedelta(minutes=30)
FEWEST = 5
MEASURED = (Rung.ACKNOWLEDGED, Rung.DECIDED, Rung.ARRIVED)
URGENT, ROUTINE = "urgent", "routine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line: of ``asked`` tasks ``reached`` got this far.

    Times are ``None`` where fewer than ``FEWEST`` did: the time of one is a fact about somebody.
    """

    rung: Rung
    urgency: str
    asked: int
    reached: int
    median: timedelta | None
    nine_in_ten: timedelta | None
    soon: float | None


def may_see(actor: Actor) -> bool:
    """Whether this actor may read how fast its agency is: who works on all of its referrals, its admin, its chief."""
    return (
        (works(actor) and actor.role not in OWN_ONLY)
        or actor.role is Role.CHIEF
        or actor.may(Capability.MANAGE_MEMBERS)
    )


def figures(actor: Actor, *, at: datetime) -> list[Figure]:
    """Those of the actor's agency over the last ninety days. Raises ``Denied``; one event."""
    if not may_see(actor):
        recording.refuse(actor, "notice.figures", code=DenyCode.ROLE)
        raise denied(DenyCode.ROLE)
    recording.record(actor, "notice.figures")
    tasks = ReferralTask.objects.filter(owner_id=actor.agency_id, authored_at__gt=at - SPAN, authored_at__lte=at)
    asked = list(tasks.select_related("referral", "owner", "requester"))
    blocks = (asked[start : start + AT_ONCE] for start in range(0, len(asked), AT_ONCE))
    return list(_figures([owner for block in blocks for _task, owner, _asker in facts_of(block)]))


def _figures(facts: Sequence[Facts]) -> Iterator[Figure]:
    for urgency, group in (
        (URGENT, [each for each in facts if each.urgency != ROUTINE]),
        (ROUTINE, [each for each in facts if each.urgency == ROUTINE]),
    ):
        for rung in MEASURED:
            yield _figure(rung, urgency, group)


def _figure(rung: Rung, urgency: str, group: Sequence[Facts]) -> Figure:
    times = sorted(_times(rung, group))
    enough = len(times) >= FEWEST
    return Figure(
        rung=rung,
        urgency=urgency,
        asked=len(group),
        reached=len(times),
        median=timedelta(seconds=median(each.total_seconds() for each in times)) if enough else None,
        nine_in_ten=nine_in_ten(times) if enough else None,
        soon=sum(each <= SOON for each in times) / len(group) if enough else None,
    )


def nine_in_ten(times: Sequence[timedelta]) -> timedelta | None:
    """The time within which nine in ten were, of times in order."""
    if len(times) < 2:
        return times[0] if times else None
    seconds = quantiles([each.total_seconds() for each in times], n=10, method="inclusive")
    return timedelta(seconds=seconds[8])


def _times(rung: Rung, group: Iterable[Facts]) -> Iterator[timedelta]:
    """How long each took since it was asked; to decide is to acknowledge, if nobody did before."""
    for each in group:
        reached = {
            Rung.ACKNOWLEDGED: min((at for at in (each.acknowledged_at, each.decided_at) if at), default=None),
            Rung.DECIDED: each.decided_at,
            Rung.ARRIVED: each.arrived_at,
        }[rung]
        if reached is not None:
            yield reached - each.asked_at
