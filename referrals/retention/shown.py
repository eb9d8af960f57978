"""What ``manage.py retention`` prints: plain values for JSON, and lines for a person. Nothing in it was sealed."""

from collections.abc import Callable, Mapping
from typing import Any

from referrals.shelltext import as_json

from .models import Certificate, Hold, Schedule
from .services.exporting import Exported
from .services.listing import DueList, DueRow, Line, StandingHold
from .services.shredding import Left, Run

NONE = "-"


def json_of(value: object) -> str:
    """One line of JSON."""
    return as_json(PLAIN[type(value)](value) if type(value) in PLAIN else value)


def text_of(value: Any) -> str:
    """Lines for a person."""
    return "\n".join(LINES[type(value)](value))


def _certificate(row: Certificate) -> dict[str, object]:
    return {
        "certificate": row.id,
        "referral": row.folder_id,
        "agency": row.agency_id,
        "category": row.category,
        "authority": row.authority,
        "schedule": row.schedule_id,
        "ordered": row.ordered_at,
        "finished": row.finished_at,
        "by": row.by,
        "age_told": row.age_told,
        "export_sha256": row.export_digest,
        "chain": row.chain_digest,
        "deleted": row.counts,
    }


def _certificate_lines(row: Certificate) -> list[str]:
    counts = ", ".join(f"{count} {name}" for name, count in sorted(row.counts.items()))
    return [
        f"Certificate {row.id}",
        *(
            f"  {name}: {value or NONE}"
            for name, value in _certificate(row).items()
            if name not in {"certificate", "deleted"}
        ),
        f"  deleted: {counts or NONE}",
    ]


def _schedule(row: Schedule) -> dict[str, object]:
    return {
        "schedule": row.id,
        "category": row.category,
        "period": str(row.period),
        "authority": row.authority,
        "records_officer_at": row.records_at,
        "privacy_officer_at": row.privacy_at,
        "in_force": row.records_at is not None and row.privacy_at is not None,
    }


def _hold(row: Hold) -> dict[str, object]:
    return {"hold": row.id, "kind": row.kind, "scope": row.scope, "placed": row.placed_at, "lifted": row.lifted_at}


def _named(values: Mapping[str, object]) -> list[str]:
    return [f"{name}: {NONE if value is None or value == '' else value}" for name, value in values.items()]


def _run(run: Run) -> dict[str, object]:
    return {"deleted": [_certificate(row) for row in run.deleted], "left": list(run.left)}


def _run_lines(run: Run) -> list[str]:
    return [
        f"{len(run.deleted)} deleted, {len(run.left)} left",
        *(f"deleted {row.folder_id}  {row.category}  {row.authority}" for row in run.deleted),
        *(_left(row) for row in run.left),
    ]


def _left(row: Left) -> str:
    return f"left    {row.referral_id}  {row.reference}  {row.code}"


def _list_lines(found: DueList) -> list[str]:
    return [
        "Schedule",
        *(_line(line) for line in found.schedule),
        "Holds",
        *([_standing(hold) for hold in found.holds] or ["  none"]),
        "Due",
        *([_row(row) for row in found.due] or ["  nothing"]),
    ]


def _line(line: Line) -> str:
    return f"  {line.category:18} {line.period:8} after: {line.starts}  {line.standing}  ({line.authority})"


def _standing(hold: StandingHold) -> str:
    return f"  {hold.id}  {hold.kind}  {hold.scope}: {hold.on}  since {hold.placed_at:%Y-%m-%d}"


def _row(row: DueRow) -> str:
    approved = f"by {row.authority}" if row.approved else "NOT APPROVED"
    since = f"since {row.since}" if row.since else ""
    held = f"HELD by {', '.join(row.holds)}" if row.holds else ""
    parts = [row.reference, row.category, row.standing, since, approved, f"export {row.export}", held]
    return "  " + "  ".join(filter(None, parts))


PLAIN: Mapping[type, Callable[[Any], object]] = {
    Certificate: _certificate,
    Schedule: _schedule,
    Hold: _hold,
    Run: _run,
}
LINES: Mapping[type, Callable[[Any], list[str]]] = {
    Certificate: _certificate_lines,
    Schedule: lambda row: _named(_schedule(row)),
    Hold: lambda row: _named(_hold(row)),
    Run: _run_lines,
    DueList: _list_lines,
    Exported: lambda done: _named({"sha256": done.digest, "resources": done.resources, "born": done.born}),
}
