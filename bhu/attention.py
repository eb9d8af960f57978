"""What wants somebody, over all agencies: for whoever looks after the server. It names no client and no referral."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agencies import officers
from agencies.offices import Office
from referrals.emergencies import services as emergencies


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One thing that ``agency`` must see to, and since when; ``id`` is an emergency's."""

    agency: str
    what: str
    since: datetime | None = None
    id: UUID | None = None


def wants(*, at: datetime) -> list[Want]:
    """All there is at ``at``: agencies without a privacy officer, then emergencies left without words or a review."""
    return [*_offices(at), *_emergencies(at)]


def _offices(at: datetime) -> Iterator[Want]:
    for agency in officers.without(Office.PRIVACY, at=at):
        yield Want(agency=agency.slug, what="no privacy officer")


def _emergencies(at: datetime) -> Iterator[Want]:
    for row in emergencies.overdue(at=at):
        if row.documented_at is None:
            yield Want(agency=row.agency.slug, what="words overdue", since=row.words_due, id=row.id)
        if row.reviewed_at is None and row.review_due <= at:
            yield Want(agency=row.agency.slug, what="review overdue", since=row.review_due, id=row.id)
