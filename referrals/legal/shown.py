"""What the services answer: values without a client in them, but for the two that were opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from referrals.masks import compartments_in

from .kinds import Paper, Report, deadlines
from .models import LegalRequest, MandatedReport, PaperDisclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRequest:
    """One line of the list of legal requests."""

    id: UUID
    kind: Paper
    state: str
    answered: str
    received_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """A legal request, opened: ``subject`` is who is asked about, ``sender`` who asks."""

    request: ShownRequest
    subject: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """One entry by hand, opened. ``in_ledger`` if it has a row in the ledger of a referral, too."""

    id: UUID
    at: datetime
    to: str
    under: str
    parts: tuple[str, ...]
    in_ledger: bool
    suspended_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReport:
    """One line of the list of mandated reports: that it was made and whom to ``tell``, never what it says."""

    id: UUID
    kind: Report
    made_at: datetime
    called_at: datetime | None
    written_at: datetime | None
    tell: str
    call_by: datetime | None
    written_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReport:
    """A mandated report, opened."""

    report: ShownReport
    fields: Mapping[str, str]
    text: str


def request(row: LegalRequest) -> ShownRequest:
    """The line of one request."""
    return ShownRequest(
        id=row.id,
        kind=Paper(row.kind),
        state=row.state,
        answered=row.answered,
        received_at=row.received_at,
        due_at=row.due_at,
    )


def entry(row: PaperDisclosure, content: Mapping[str, str]) -> ShownEntry:
    """One entry with what was sealed in it."""
    return ShownEntry(
        id=row.id,
        at=row.at,
        to=content["to"],
        under=content["under"],
        parts=tuple(sorted(compartments_in(row.mask))),
        in_ledger=row.disclosure_id is not None,
        suspended_until=row.suspended_until,
    )


def report(row: MandatedReport) -> ShownReport:
    """The line of one report; its agency must be loaded."""
    due = deadlines(Report(row.kind), row.agency.state, made_at=row.made_at)
    return ShownReport(
        id=row.id,
        kind=Report(row.kind),
        made_at=row.made_at,
        called_at=row.called_at,
        written_at=row.written_at,
        tell=due.to,
        call_by=due.call_by,
        written_by=due.written_by,
    )
