"""Who is on call. Pure: shifts as data, the moment from the caller, by the agency's own clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from agencies.hours import turn_at


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
    now = sorted((turn for turn in turns if _covers(turn, at, zone)), key=lambda turn: (turn.place, turn.membership_id))
    return tuple(dict.fromkeys(turn.membership_id for turn in now))


def _covers(turn: Turn, at: datetime, zone: str) -> bool:
    return turn_at(at, zone=zone, days=turn.days, begins=turn.begins, ends=turn.ends) is not None
