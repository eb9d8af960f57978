"""What in the log is worth a privacy officer's look: each rule reads events and says what it found. Pure.

Alerts are meant to be rare: an officer who is called for nothing looks at nothing. The limits stand in docs/audit.md.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from .duty import Duty
from .kinds import AlertKind, IncidentKind

WINDOW = timedelta(hours=1)
TRIES = 3
MANY_OPENED = 30
MANY_TAKEN = 25

OPENING = frozenset({"referral.open", "resource.read", "resource.everything", "resource.search", "resource.history"})
TAKING = frozenset({"referral.print", "referral.copy", "referral.download", "retention.export"})
EMERGENCY, REVIEW, NOT_JUSTIFIED = "emergency.open", "emergency.review", "not-justified"
FINDING, OWN_NAME = "client.find", "own-name"
NOT_YOURS = frozenset({"NO_RELATIONSHIP", "NOT_FOUND", "404"})
WATCHED = OPENING | TAKING | {EMERGENCY, REVIEW, FINDING}
"""The actions of what was done that any rule looks at; of what was refused it looks at the codes ``NOT_YOURS``."""

DONE, REFUSED = "0", "4"


class Seen(NamedTuple):
    """What a rule sees of an event."""

    at: datetime
    actor: str
    agency: str
    action: str
    target: str
    outcome: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One alert to be. ``key`` makes it one: the same person and the same kind once a day, an emergency once."""

    agency: str
    kind: AlertKind
    who: str
    about: str
    at: datetime
    key: str
    incident: IncidentKind | None = None


Foreign = frozenset[tuple[str, str]]
"""An agency, and a target of the log that is there and none of that agency's."""


NO_DUTY = Duty(before=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the log does not say, and the rules ask: which referrals are whose, and who was on duty."""

    foreign: Foreign = frozenset()
    duty: Duty = NO_DUTY


def find(events: Iterable[Seen], known: Known) -> list[Found]:
    """What the rules find among ``events``, in the order of their times."""
    rows = sorted((event for event in events if event.agency), key=lambda event: event.at)
    first: dict[tuple[str, str, str, str], Found] = {}
    for found in (each for rule in _RULES for each in rule(rows, known)):
        first.setdefault((found.agency, found.kind, found.who, found.key), found)
    return sorted(first.values(), key=lambda found: found.at)


def openings(events: Iterable[Seen]) -> Iterator[Seen]:
    """Those by which somebody read what stands in a referral."""
    return (row for row in events if row.action in OPENING and row.outcome == DONE)


def _not_theirs(rows: list[Seen], known: Known) -> Iterator[Found]:
    """Refused at referrals that exist and are others': a mistyped number or a dead link is none of these."""
    tried = [
        row
        for row in rows
        if row.outcome == REFUSED
        and (row.code == "NO_RELATIONSHIP" or (row.code in NOT_YOURS and (row.agency, row.target) in known.foreign))
    ]
    yield from _often(AlertKind.NOT_THEIRS, tried, TRIES)


def _opened(rows: list[Seen], _known: Known) -> Iterator[Found]:
    yield from _often(AlertKind.MASS_OPENING, openings(rows), MANY_OPENED, key=lambda row: row.target)


def _off_duty(rows: list[Seen], known: Known) -> Iterator[Found]:
    """Outside the agency's hours and their own turns they opened what they do not work on; once a week."""
    for row in openings(rows):
        if known.duty.is_off(row.agency, row.actor, row.target, at=row.at):
            week = "{}-W{:02}".format(*row.at.astimezone(UTC).isocalendar()[:2])
            yield _found(AlertKind.OFF_DUTY, row, about=row.target, key=week)


def _taken(rows: list[Seen], _known: Known) -> Iterator[Found]:
    taken = [row for row in rows if row.action in TAKING and row.outcome == DONE]
    for found in _often(AlertKind.MASS_TAKING, taken, MANY_TAKEN + 1, key=lambda row: row.target):
        yield replace(found, incident=IncidentKind.MASS_TAKING)


def _emergencies(rows: list[Seen], _known: Known) -> Iterator[Found]:
    for row in rows:
        if row.action == EMERGENCY and row.outcome == DONE:
            yield _found(AlertKind.EMERGENCY, row, about=row.target, key=f"{row.target}@{row.at.isoformat()}")


def _unjustified(rows: list[Seen], _known: Known) -> Iterator[Found]:
    """Whoever reviewed an emergency said that it was not one: an incident, too (R-BR-01)."""
    for row in rows:
        if (row.action, row.code, row.outcome) == (REVIEW, NOT_JUSTIFIED, DONE):
            found = _found(AlertKind.EMERGENCY, row, about=row.target, key=f"{row.target}!")
            yield replace(found, incident=IncidentKind.EMERGENCY)


def _own_names(rows: list[Seen], _known: Known) -> Iterator[Found]:
    for row in rows:
        if row.action == FINDING and row.code == OWN_NAME:
            yield _found(AlertKind.OWN_NAME, row, about="", key=_day(row))


_RULES: tuple[Callable[[list[Seen], Known], Iterator[Found]], ...] = (
    _not_theirs,
    _opened,
    _off_duty,
    _taken,
    _emergencies,
    _unjustified,
    _own_names,
)


def _often(
    kind: AlertKind, rows: Iterable[Seen], limit: int, *, key: Callable[[Seen], str] | None = None
) -> Iterator[Found]:
    """Who comes to ``limit`` different keys within the window, or without a key to so many events; once a day."""
    by_person: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for row in rows:
        recent = by_person[row.agency, row.actor]
        recent.append(row)
        while recent[0].at <= row.at - WINDOW:
            recent.pop(0)
        if (len({key(each) for each in recent}) if key else len(recent)) == limit:
            yield _found(kind, row, about="", key=_day(row))


def _found(kind: AlertKind, row: Seen, *, about: str, key: str) -> Found:
    return Found(agency=row.agency, kind=kind, who=row.actor, about=about, at=row.at, key=key)


def _day(row: Seen) -> str:
    return row.at.astimezone(UTC).date().isoformat()
