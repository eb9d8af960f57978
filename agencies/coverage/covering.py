"""Who covers an agency now, and which coverage cannot stand beside another. Pure: rows and the moment are given."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from agencies.hours import Weekly, meet, turn_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """One coverage as its row has it. ``since`` and ``until`` are the first and the last day a turn begins on."""

    id: UUID
    covered: UUID
    covering: UUID
    zone: str
    days: int
    begins: time
    ends: time
    since: date
    until: date | None = None


class Clash(StrEnum):
    """Why a coverage cannot stand beside another."""

    TWICE = "twice"
    CHAIN = "chain"
    HANDED_ON = "handed-on"
    LOOP = "loop"


def covering(covers: Iterable[Cover], agency_id: UUID, *, at: datetime) -> tuple[Cover, datetime] | None:
    """Who takes what is sent to ``agency_id`` at ``at``, and until when; ``None``: the agency itself.

    One step and never a second: from who is covered at that moment nothing goes on, and nothing goes there either.
    """
    rows = sorted(covers, key=lambda each: each.id)
    found = next(_now(rows, agency_id, at), None)
    if found is None or next(_now(rows, found[0].covering, at), None) is not None:
        return None
    return found


def _now(covers: Iterable[Cover], agency_id: UUID, at: datetime) -> Iterator[tuple[Cover, datetime]]:
    for each in covers:
        if each.covered != agency_id:
            continue
        turn = turn_at(at, zone=each.zone, days=each.days, begins=each.begins, ends=each.ends)
        if turn and each.since <= turn.began and (each.until is None or turn.began <= each.until):
            yield each, turn.ends_at


def covers_somebody(covers: Iterable[Cover], agency_id: UUID, *, at: datetime) -> bool:
    """Whether ``agency_id`` stands in for anybody at ``at``, by these rows."""
    rows = [each for each in covers if each.covering == agency_id]
    return any(True for each in rows for _turn in _now([each], each.covered, at))


def clash(new: Cover, others: Iterable[Cover]) -> tuple[Clash, Cover] | None:
    """The first of ``others`` that ``new`` cannot stand beside, and why; what takes turns may stand."""
    for each in others:
        if each.id != new.id and (kind := _kind(new, each)) is not None and _meet(new, each):
            return kind, each
    return None


def _kind(new: Cover, other: Cover) -> Clash | None:
    if new.covered == other.covered:
        return Clash.TWICE
    if other.covered == new.covering:
        return Clash.LOOP if other.covering == new.covered else Clash.CHAIN
    return Clash.HANDED_ON if other.covering == new.covered else None


def _meet(new: Cover, other: Cover) -> bool:
    """Whether they are ever in force together; hours by two clocks are not compared, and count as meeting."""
    if _over_before(new, other) or _over_before(other, new):
        return False
    ours, theirs = (Weekly(each.days, each.begins, each.ends) for each in (new, other))
    return new.zone != other.zone or meet(ours, theirs)


def _over_before(first: Cover, second: Cover) -> bool:
    """Whether the last turn of one is over before the other's first begins; it may end a day after it began."""
    return first.until is not None and (second.since - first.until).days > 1
