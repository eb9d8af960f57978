"""Working time: when so much of it has passed, by an agency's own hours and clock. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .holidays import holidays

FARTHEST = 400
"""Days looked ahead. An agency that works on none of them has no hours, and its clock runs always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When an agency works: weekdays as bits from Monday on, from when until when, where; its state's holidays not."""

    zone: str = "America/New_York"
    state: str = "MA"
    days: int = 0b0011111
    opens: time = time(8)
    closes: time = time(17)

    @property
    def day(self) -> timedelta:
        """How long a working day is."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)

    def works_on(self, day: date) -> bool:
        """Whether the agency works on this day."""
        return bool(self.days >> day.weekday() & 1) and day not in holidays(self.state, day.year)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """By what an agency is measured: its hours, and the limits it set for itself in minutes, by rung and urgency."""

    hours: Hours = Hours()
    own: Mapping[tuple[str, str], int] = field(default_factory=dict)


def after(begin: datetime, length: timedelta, hours: Hours) -> datetime:
    """The moment at which ``length`` of working time has passed since ``begin``, in UTC.

    Each day is reckoned in real time: one on which clocks are moved at night is as long as any other.
    """
    left = length
    for opens, closes in _windows(begin, hours):
        start = max(opens, begin.astimezone(UTC))
        if closes - start >= left:
            return start + left
        left -= max(closes - start, timedelta(0))
    return begin.astimezone(UTC) + length


def _windows(begin: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """The times the agency is open, from the day of ``begin`` on, in UTC."""
    zone = ZoneInfo(hours.zone)
    first = begin.astimezone(zone).date()
    for day in (first + timedelta(days=n) for n in range(FARTHEST)):
        if hours.works_on(day):
            opens, closes = (
                datetime.combine(day, at, tzinfo=zone).astimezone(UTC) for at in (hours.opens, hours.closes)
            )
            if closes > begin.astimezone(UTC):
                yield opens, closes
