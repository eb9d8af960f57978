"""When a message may go, and when it is tried again. Pure: what time it is, and whose clock, comes from the caller."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

GIVES_UP = timedelta(hours=72)
"""How long a message is tried for, from when it was first due."""
FIRST = timedelta(seconds=30)
LONGEST, LONGEST_URGENT = timedelta(hours=1), timedelta(minutes=5)
MORNING = time(7)
FAULTS = 5
"""So often may sending one message fail for a fault of our own, or end its process, before a person must look."""


def next_try(at: datetime, *, tries: int, urgent: bool) -> datetime:
    """When to try again after the ``tries``-th attempt failed at ``at``: twice as long each time, up to a longest."""
    longest = LONGEST_URGENT if urgent else LONGEST
    pause: timedelta = FIRST * (1 << min(tries - 1, 12))
    return at + min(pause, longest)


def after_quiet(at: datetime, *, zone: str, begins: time | None, ends: time | None) -> datetime:
    """``at``, or the end of the quiet hours it falls into, which may go over midnight; none if no hours are given."""
    if begins is None or ends is None or begins == ends:
        return at
    local = at.astimezone(ZoneInfo(zone))
    if not within(local.time(), begins, ends):
        return at
    days = 1 if local.time() >= ends else 0
    until = datetime.combine(local.date() + timedelta(days=days), ends, tzinfo=ZoneInfo(zone))
    return until.astimezone(at.tzinfo)


def held_until(at: datetime, *, shown: datetime, zone: str) -> datetime | None:
    """From when on it may be told to who is shown as of ``shown`` what happened ``at``; ``None`` for at once.

    What is shown only by its day is told the next morning, since a message tells the minute by its own arrival.
    """
    return None if shown == at else next_morning(shown, zone=zone)


def next_morning(at: datetime, *, zone: str) -> datetime:
    """Seven o'clock of the day after ``at``, by the clock of ``zone``."""
    day = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(day, MORNING, tzinfo=ZoneInfo(zone)).astimezone(at.tzinfo)


def within(now: time, begins: time, ends: time) -> bool:
    """Whether the time of day ``now`` lies from ``begins`` on and before ``ends``; over midnight if that is earlier."""
    return begins <= now < ends if begins < ends else now >= begins or now < ends
