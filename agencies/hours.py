"""Weekly turns by the clock on an agency's wall: which one a moment falls into, and when that one ends. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

ALL_DAYS = 0b1111111
"""Monday is the lowest bit."""
WEEK = 7 * 24 * 60


class Turn(NamedTuple):
    """One turn: the day it began on, and the moment it ends, in UTC."""

    began: date
    ends_at: datetime


def turn_at(at: datetime, *, zone: str, days: int, begins: time, ends: time) -> Turn | None:
    """The turn that ``at`` falls into, if it falls into one.

    ``days`` are the weekdays turns begin on, as bits. One over midnight belongs to the day it began on; one that ends
    when it begins lasts a whole day. An hour that is there twice, or not at all, in the night clocks are moved, is
    taken so that the turn is longer: nobody is left without.
    """
    today = at.astimezone(ZoneInfo(zone)).date()
    for day in (today - timedelta(days=1), today):
        if days >> day.weekday() & 1:
            last = day + timedelta(days=1) if ends <= begins else day
            if min(_moments(day, begins, zone)) <= at < (ends_at := max(_moments(last, ends, zone))):
                return Turn(day, ends_at)
    return None


def _moments(day: date, on_the_wall: time, zone: str) -> tuple[datetime, datetime]:
    """The two moments a time on the wall can mean; the same one twice on any day but those clocks are moved."""
    first = datetime.combine(day, on_the_wall, tzinfo=ZoneInfo(zone))
    return first.replace(fold=0).astimezone(UTC), first.replace(fold=1).astimezone(UTC)


class Weekly(NamedTuple):
    """Turns of every week: the weekdays they begin on, from when until when."""

    days: int
    begins: time
    ends: time


def meet(ours: Weekly, theirs: Weekly) -> bool:
    """Whether two weekly turns, by one clock, share a minute of the week."""
    shifts = (-WEEK, 0, WEEK)
    return any(
        start + shift < other_stop and other_start < stop + shift
        for start, stop in _spans(ours)
        for other_start, other_stop in _spans(theirs)
        for shift in shifts
    )


def _spans(turns: Weekly) -> list[tuple[int, int]]:
    """A week's turns in minutes since Monday began; the last may go over into the next week."""
    start, stop = (each.hour * 60 + each.minute for each in (turns.begins, turns.ends))
    lasts = stop - start if turns.ends > turns.begins else stop - start + 24 * 60
    return [(day * 24 * 60 + start, day * 24 * 60 + start + lasts) for day in range(7) if turns.days >> day & 1]
