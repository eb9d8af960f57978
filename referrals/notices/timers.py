"""How long each rung of the ladder may take, by urgency and by what is asked (domain rule 1.2). One table; pure.

An agency may set other times for itself (``AgencyTimer``), in minutes of real time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from .working import Hours, Pace, after


class Rung(StrEnum):
    """What is waited for, in order. Sent and delivered are ours to do and have no clock."""

    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"
    ARRIVED = "arrived"
    ENGAGED = "engaged"


@dataclass(frozen=True, slots=True)
class Limit:
    """A time to do something in: real time, or, where ``days`` are given, so many days of the agency's work."""

    time: timedelta = timedelta(0)
    days: int = 0

    def part(self, share: float, *, since: datetime, hours: Hours) -> datetime:
        """The moment at which ``share`` of the time is over, in UTC.

        Reckoned there: added to a time with a zone of its own, Python moves the hands of the clock on the wall, and
        an hour too few or too many passes in the night they are moved.
        """
        if self.days:
            return after(since, hours.day * self.days * share, hours)
        return since.astimezone(UTC) + self.time * share


def _minutes(n: int) -> Limit:
    return Limit(timedelta(minutes=n))


def _hours(n: int) -> Limit:
    return Limit(timedelta(hours=n))


def _work_days(n: int) -> Limit:
    return Limit(days=n)


R = Rung
TIMERS: Mapping[tuple[Rung, str], Limit] = MappingProxyType(
    {
        (R.ACKNOWLEDGED, "stat"): _minutes(15),
        (R.ACKNOWLEDGED, "asap"): _minutes(30),
        (R.ACKNOWLEDGED, "urgent"): _minutes(30),
        (R.ACKNOWLEDGED, "routine"): _work_days(1),
        (R.DECIDED, "stat"): _minutes(30),
        (R.DECIDED, "asap"): _hours(1),
        (R.DECIDED, "urgent"): _hours(2),
        (R.DECIDED, "routine"): _work_days(2),
        (R.ARRIVED, "stat"): _hours(4),
        (R.ARRIVED, "asap"): _hours(24),
        (R.ARRIVED, "urgent"): _hours(48),
        (R.ARRIVED, "routine"): _work_days(30),
        (R.ENGAGED, "stat"): _work_days(7),
        (R.ENGAGED, "asap"): _work_days(7),
        (R.ENGAGED, "urgent"): _work_days(7),
        (R.ENGAGED, "routine"): _work_days(30),
    }
)

CRISIS = frozenset({"308", "541", "135"})
"""Kinds of help for which somebody is waited for where they are: crisis assessment, crisis, triage."""
DETOX = frozenset({"317", "20093000", "386449006", "386450006"})

BY_SERVICE: Mapping[tuple[Rung, str], Mapping[str, Limit]] = MappingProxyType(
    {
        **{(R.ARRIVED, code): {"urgent": _hours(24), "routine": _work_days(2)} for code in CRISIS},
        **{(R.ARRIVED, code): {"urgent": _hours(24), "routine": _hours(72)} for code in DETOX},
    }
)
"""Where what is asked cannot wait as long as its urgency alone would let it."""


def limit_of(rung: Rung, urgency: str, service: str, pace: Pace) -> Limit:
    """The limit that counts: the agency's own, else of what is asked, else of how urgent it is."""
    minutes = pace.own.get((rung.value, urgency))
    if minutes is not None:
        return _minutes(minutes)
    return BY_SERVICE.get((rung, service), {}).get(urgency, TIMERS[rung, urgency])
