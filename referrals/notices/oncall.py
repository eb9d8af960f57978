"""Who is on call. Pure: shifts as data, the moment from the caller, by the agency's own clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from .timing import within

ALL_DAYS = 0b1111111
"""Monday is the lowest bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Somebody's place on the rota: the weekdays it begins on, from when until when; ``place`` 1 is called first."""

    membership_id: UUID
    place: int
    days: int
    begins: time
    ends: time


def on_call(turns: Iterable[Turn], *, at: datetime, zone: str) -> tuple[UUID, ...]:
    """The memberships on call at ``at``, who is called first in front; nobody twice."""
    local = at.astimezone(ZoneInfo(zone))
    now = sorted((turn for turn in turns if _covers(turn, local)), key=lambda turn: (turn.place, turn.membership_id))
    return tuple(dict.fromkeys(turn.membership_id for turn in now))


def _covers(turn: Turn, local: datetime) -> bool:
    """A turn over midnight belongs to the day it began on. One that ends when it begins lasts a whole day."""
    if turn.begins == turn.ends:
        began = local if local.time() >= turn.begins else local - timedelta(days=1)
        return _on(turn, began)
    if not within(local.time(), turn.begins, turn.ends):
        return False
    over_midnight = turn.ends < turn.begins and local.time() < turn.ends
    return _on(turn, local - timedelta(days=1) if over_midnight else local)


def _on(turn: Turn, day: datetime) -> bool:
    return bool(turn.days >> day.weekday() & 1)
