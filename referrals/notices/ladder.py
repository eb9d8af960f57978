"""The ladder over one task: what is waited for, until when, and who is to be called by now. Pure.

Sent, acknowledged, decided, arrived, engaged. At three quarters of the time whoever is on call is warned; when it is
over the next on the rota is called, and then each of the others; then whoever asked: "call them". What is urgent and
not acknowledged stays with an alarm until somebody says that they have it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .saying import CALL_THEM, COME_LATE, COME_SOON, LATE, LATE_SOON
from .timers import Rung, limit_of
from .working import Pace

WARN = 0.75
BETWEEN = 0.25
"""Of the time, from calling one on the rota to calling the next."""
LONGEST_BETWEEN = timedelta(hours=4)
MOST_CALLED = 4
"""So many of a rota are called; then whoever asked must know, however long the rota is."""
ASKER = 99
"""The level at which whoever asked is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one task. A time is ``None`` until it has come. ``over``: nothing more is owed, or it is paused.

    ``reached``: the agency that was asked is on the network. ``asker_learns``: whoever asked may know how it goes on;
    police may not (R-P2-03).
    """

    asked_at: datetime
    urgency: str
    service: str
    acknowledged_at: datetime | None = None
    decided_at: datetime | None = None
    arrived_at: datetime | None = None
    engaged_at: datetime | None = None
    over: bool = False
    reached: bool = True
    asker_learns: bool = True


@dataclass(frozen=True, slots=True)
class Clock:
    """What is waited for: since when, when it is warned of, and when its time is over."""

    rung: Rung
    since: datetime
    warn_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """One call that has become due: to the ``level``-th on call, or to whoever asked."""

    rung: Rung
    level: int
    code: str
    at: datetime

    @property
    def to_asker(self) -> bool:
        """Whether it goes to whoever asked."""
        return self.level == ASKER


def waits_for(facts: Facts) -> tuple[Rung, datetime] | None:
    """The rung that is waited for, and since when; ``None`` if nothing is.

    A decision is waited for since it was asked, not since somebody said they have it: that stops no clock but its own.
    """
    if facts.over or facts.engaged_at is not None:
        return None
    if facts.arrived_at is not None:
        return Rung.ENGAGED, facts.arrived_at
    if facts.decided_at is not None:
        return Rung.ARRIVED, facts.decided_at
    rung = Rung.ACKNOWLEDGED if facts.acknowledged_at is None else Rung.DECIDED
    return rung, facts.asked_at


def clock_of(facts: Facts, pace: Pace) -> Clock | None:
    """The clock that runs now, if one does."""
    found = waits_for(facts)
    if found is None:
        return None
    rung, since = found
    limit = limit_of(rung, facts.urgency, facts.service, pace)
    warn_at, due_at = (limit.part(share, since=since, hours=pace.hours) for share in (WARN, 1))
    return Clock(rung, since, warn_at, due_at)


def due(facts: Facts, pace: Pace, *, at: datetime, called: int) -> list[Due]:
    """Every call that is due by ``at``, in order; ``called`` is how many are on call.

    Those that were made before are among them: that each is made once, the caller sees to.
    """
    clock = clock_of(facts, pace)
    return [each for each in _calls(clock, facts, called) if each.at <= at] if clock else []


def _calls(clock: Clock, facts: Facts, called: int) -> Iterator[Due]:
    answering = clock.rung in (Rung.ACKNOWLEDGED, Rung.DECIDED)
    soon, late = (LATE_SOON, LATE) if answering else (COME_SOON, COME_LATE)
    pause = min((clock.due_at - clock.since) * BETWEEN, LONGEST_BETWEEN)
    steps = min(max(called - 1, 1), MOST_CALLED) if answering else 1
    if facts.reached:
        yield Due(clock.rung, 0, soon, clock.warn_at)
        for n in range(steps):
            yield Due(clock.rung, n + 1, late, clock.due_at + n * pause)
    if answering or facts.asker_learns:
        told_at = clock.due_at + (steps * pause if facts.reached else timedelta(0))
        yield Due(clock.rung, ASKER, CALL_THEM if answering else COME_LATE, told_at)


def alarms(facts: Facts, pace: Pace, *, at: datetime) -> bool:
    """Whether this is urgent, nobody has said that they have it, and its time is over."""
    clock = clock_of(facts, pace)
    return clock is not None and facts.urgency != "routine" and clock.rung is Rung.ACKNOWLEDGED and clock.due_at <= at
