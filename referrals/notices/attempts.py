"""How the agency that was asked was told, as whoever asked may know of it: times and ways, nobody's name. Pure.

What was said of it is no more than the first hop: that something waits there, and the calls of the ladder.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from .kinds import CHANNELS, Channel, _
from .ladder import Due
from .saying import LATE, LATE_SOON

TOLD = ("send", "send-ems", LATE_SOON, LATE)
"""The notices of a task by which an agency is told that it was asked."""


class Kind(StrEnum):
    """What one line tells of."""

    TOLD = "told"
    AGAIN = "again"
    LATE = "late"
    NEXT = "next"
    NOBODY = "nobody"
    HAVE = "have"


WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.TOLD: _("told"),
        Kind.AGAIN: _("told again"),
        Kind.LATE: _("told that it is late"),
        Kind.NEXT: _("the next on call told that it is late"),
        Kind.NOBODY: _("this reached nobody there"),
        Kind.HAVE: _("they have it"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One message that went out, or a line on the pages: of the notice ``code``.

    ``rung`` and ``level`` are the ladder's, where it called; ``named``: somebody on call.
    """

    code: str
    channel: Channel
    at: datetime
    rung: str = ""
    level: int = 0
    named: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on one line: when, what, and by which ways, in their table's order."""

    at: datetime
    kind: Kind
    ways: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What happened, marked for translation."""
        return WORDS[self.kind]


def lines(tries: Iterable[Try], *, calls: Sequence[Due] | None = None, have_at: datetime | None = None) -> list[Line]:
    """The lines, oldest first: one for each thing that was told in one minute, by all its ways.

    ``calls``: those of the ladder as whoever asked is shown them, which may be later than they were made: how urgent
    others found the client says nothing to police. A call that is not due by them yet is not there.
    """
    due = {(each.rung.value, each.level): each.at for each in calls or ()}
    found: dict[tuple[datetime, Kind], set[Channel]] = {}
    for each in tries:
        at = each.at
        if each.rung and calls is not None:
            if (each.rung, each.level) not in due:
                continue
            at = max(at, due[each.rung, each.level])
        key = (at.replace(second=0, microsecond=0), _kind(each))
        found.setdefault(key, set()).add(each.channel)
    made = [
        Line(at, kind, () if kind is Kind.NOBODY else tuple(CHANNELS[way] for way in Channel if way in ways))
        for (at, kind), ways in found.items()
    ]
    if have_at is not None:
        made.append(Line(have_at, Kind.HAVE))
    return sorted(made, key=lambda line: (line.at, list(Kind).index(line.kind)))


def _kind(each: Try) -> Kind:
    if each.failed:
        return Kind.NOBODY
    late = Kind.NEXT if each.named else Kind.LATE
    return {LATE_SOON: Kind.AGAIN, LATE: late}.get(each.code, Kind.TOLD)
