"""What ``manage.py retention`` prints: rows as plain values, and lines for a person. Nothing in it was sealed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from .models import Certificate, Hold, Schedule
from .services.exporting import Exported
from .services.listing import DueList, DueRow, Line, StandingHold
from .services.shredding import Left, Run

NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCertificate:
    """What was deleted, by whose authority."""

    certificate: UUID
    referral: UUID
    agency: UUID
    category: str
    authority: str
    schedule: UUID
    ordered: datetime
    finished: datetime | None
    by: str
    age_told: bool
    export_sha256: str
    chain: str
    deleted: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSchedule:
    """One line of a schedule and who has approved it."""

    schedule: UUID
    category: str
    period: str
    authority: str
    records_officer: datetime | None
    privacy_officer: datetime | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHold:
    """One hold."""

    hold: UUID
    kind: str
    scope: str
    placed: datetime
    lifted: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRun:
    """What one run deleted, and what it left."""

    deleted: tuple[ShownCertificate, ...]
    left: tuple[Left, ...]


def certificate(row: Certificate) -> ShownCertificate:
    """A certificate to print."""
    return ShownCertificate(
        certificate=row.id,
        referral=row.folder_id,
        agency=row.agency_id,
        category=row.category,
        authority=row.authority,
        schedule=row.schedule_id,
        ordered=row.ordered_at,
        finished=row.finished_at,
        by=row.by,
        age_told=row.age_told,
        export_sha256=row.export_digest,
        chain=row.chain_digest,
        deleted=row.counts,
    )


def schedule(row: Schedule) -> ShownSchedule:
    """A line of a schedule to print."""
    return ShownSchedule(
        schedule=row.id,
        category=row.category,
        period=str(row.period),
        authority=row.authority,
        records_officer=row.records_at,
        privacy_officer=row.privacy_at,
        in_force=row.records_at is not None and row.privacy_at is not None,
    )


def hold(row: Hold) -> ShownHold:
    """A hold to print."""
    return ShownHold(hold=row.id, kind=row.kind, scope=row.scope, placed=row.placed_at, lifted=row.lifted_at)


def run(done: Run) -> ShownRun:
    """A run to print."""
    return ShownRun(deleted=tuple(map(certificate, done.deleted)), left=done.left)


def as_text(value: Any) -> str:
    """Lines for a person. An unknown kind of value raises ``KeyError``."""
    return "\n".join(LINES[type(value)](value))


def _named(value: Any) -> list[str]:
    """One line per field."""
    return [f"{field.name}: {_word(getattr(value, field.name))}" for field in fields(value)]


def _word(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{count} {name}" for name, count in sorted(value.items())) or NONE
    return NONE if value is None or value == "" else str(value)


def _run_lines(done: ShownRun) -> list[str]:
    return [
        f"{len(done.deleted)} deleted, {len(done.left)} left",
        *(f"deleted {row.referral}  {row.category}  {row.authority}" for row in done.deleted),
        *(f"left    {row.referral_id}  {row.reference}  {row.code}" for row in done.left),
    ]


def _list_lines(found: DueList) -> list[str]:
    return [
        "Schedule",
        *map(_line, found.schedule),
        "Holds",
        *(list(map(_standing, found.holds)) or ["  none"]),
        "Due",
        *(list(map(_row, found.due)) or ["  nothing"]),
    ]


def _line(line: Line) -> str:
    return f"  {line.category:18} {line.period:8} after: {line.starts}  {line.standing}  ({line.authority})"


def _standing(row: StandingHold) -> str:
    return f"  {row.id}  {row.kind}  {row.scope}: {row.on}  since {row.placed_at:%Y-%m-%d}"


def _row(row: DueRow) -> str:
    approved = f"by {row.authority}" if row.approved else "NOT APPROVED"
    since = f"since {row.since}" if row.since else ""
    held = f"HELD by {', '.join(row.holds)}" if row.holds else ""
    parts = [row.reference, row.category, row.standing, since, approved, f"export {row.export}", held]
    return "  " + "  ".join(filter(None, parts))


LINES: Mapping[type, Callable[[Any], list[str]]] = MappingProxyType(
    {
        ShownCertificate: _named,
        ShownSchedule: _named,
        ShownHold: _named,
        ShownRun: _run_lines,
        DueList: _list_lines,
        Exported: _named,
    }
)
