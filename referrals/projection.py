"""What a sworn sender sees of the task he sent: his first hop truly, the rest coarsely (R-P2-03).

Pure. Whatever the next provider does maps to the same coarse state, so the view is byte-identical.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

from .reasons import REASONS
from .workflow import State
from .workflow import gettext_noop as _


class Coarse(StrEnum):
    """The five things an officer may learn about a referral of his."""

    WAITING = "not-picked-up"
    RECEIVED = "received"
    NOT_TAKEN = "not-taken"
    WITH_TEAM = "with-the-team"
    CLOSED = "closed"


COARSE: Mapping[State, Coarse] = MappingProxyType(
    {
        State.DRAFT: Coarse.WAITING,
        State.REQUESTED: Coarse.WAITING,
        State.ACCEPTED: Coarse.RECEIVED,
        State.REJECTED: Coarse.NOT_TAKEN,
        State.IN_PROGRESS: Coarse.WITH_TEAM,
        State.ON_HOLD: Coarse.WITH_TEAM,
        State.COMPLETED: Coarse.CLOSED,
        State.FAILED: Coarse.CLOSED,
        State.CANCELLED: Coarse.CLOSED,
        State.ENTERED_IN_ERROR: Coarse.CLOSED,
    }
)

STATUS: Mapping[Coarse, State] = MappingProxyType(
    {
        Coarse.WAITING: State.REQUESTED,
        Coarse.RECEIVED: State.ACCEPTED,
        Coarse.NOT_TAKEN: State.REJECTED,
        Coarse.WITH_TEAM: State.IN_PROGRESS,
        Coarse.CLOSED: State.COMPLETED,
    }
)
"""The Task.status an officer's FHIR view carries for each coarse state."""

WORDS: Mapping[Coarse, str] = MappingProxyType(
    {
        Coarse.WAITING: _("not picked up yet"),
        Coarse.RECEIVED: _("received"),
        Coarse.NOT_TAKEN: _("not taken"),
        Coarse.WITH_TEAM: _("with the team"),
        Coarse.CLOSED: _("closed"),
    }
)

_CONTACT, _CONNECTED, _NOT = _("contact made"), _("closed: connected to services"), _("closed: not connected")

TOLD: Mapping[State, str] = MappingProxyType(
    {
        **{state: WORDS[coarse] for state, coarse in COARSE.items()},
        State.IN_PROGRESS: _CONTACT,
        State.ON_HOLD: _CONTACT,
        State.COMPLETED: _CONNECTED,
        State.FAILED: _NOT,
        State.CANCELLED: _NOT,
        State.ENTERED_IN_ERROR: _NOT,
    }
)
"""The words of a sworn sender whom the client named in a consent, while it stands; all else stays coarse (R-P2-06)."""

FIRST_HOP = frozenset({Coarse.WAITING, Coarse.RECEIVED, Coarse.NOT_TAKEN})
"""The coarse states whose time is shown to the minute; every other only by its day."""

RETRACTABLE = frozenset({Coarse.WAITING, Coarse.NOT_TAKEN})
"""The coarse states in which nobody has taken it on: a sworn sender may still take it back."""


def shown_at(at: datetime, *, coarse: Coarse, zone: str) -> datetime:
    """When a sworn sender is told something happened, in UTC: exactly on his first hop, else the start of his day."""
    if coarse in FIRST_HOP:
        return at
    local = at.astimezone(ZoneInfo(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def shown_reason(code: str) -> str:
    """The reason code a sworn sender is shown: his own if it is not clinical, ``other`` if it is."""
    return code if not code or not REASONS[code].clinical else "other"
