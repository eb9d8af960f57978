"""What wants somebody, over all agencies: for whoever looks after the server. It names no client and no referral.

What wants nobody and is still good to know, such as that no other town vouches for the log, is in ``good_to_know``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agencies import officers
from agencies.offices import Office
from audit import witnesses
from audit.witnessing import TROUBLES
from fhir.subscriptions.services import looking
from referrals.emergencies import services as emergencies
from referrals.notices.services import climbing, letters

LOG = "the log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One thing that ``agency`` (or ``LOG``) must see to, and since when; ``id`` is an emergency's."""

    agency: str
    what: str
    since: datetime | None = None
    id: UUID | None = None


def wants(*, at: datetime) -> list[Want]:
    """All there is at ``at``: agencies without a privacy officer, emergencies without words or review, notices that
    reached nobody, systems that are not told any more, what is urgent and unanswered, witnesses.
    """
    return [*_offices(at), *_emergencies(at), *_undelivered(), *_stopped(), *_unanswered(at), *_witnesses()]


def good_to_know() -> list[str]:
    """How far other towns vouch for the log."""
    known = witnesses.standings()
    if not known:
        return ["The log is not yet cosigned by another town."]
    return [f"{each.name} vouches for {each.size:,} events of the log." for each in known]


def _witnesses() -> Iterator[Want]:
    for each in witnesses.standings():
        if each.alarming:
            said = TROUBLES.get(each.trouble, f"the log has waited {each.lag_s // 60} minutes for it")
            yield Want(agency=LOG, what=f"witness {each.name}: {said}", since=each.since)


def _offices(at: datetime) -> Iterator[Want]:
    for agency in officers.without(Office.PRIVACY, at=at):
        yield Want(agency=agency.slug, what="no privacy officer")


def _emergencies(at: datetime) -> Iterator[Want]:
    for row in emergencies.overdue(at=at):
        if row.documented_at is None:
            yield Want(agency=row.agency.slug, what="words overdue", since=row.words_due, id=row.id)
        if row.reviewed_at is None and row.review_due <= at:
            yield Want(agency=row.agency.slug, what="review overdue", since=row.review_due, id=row.id)


def _undelivered() -> Iterator[Want]:
    for slug, number, since in letters.counted():
        yield Want(agency=slug, what=f"{number} notices reached nobody", since=since)


def _stopped() -> Iterator[Want]:
    for slug, number, since in looking.stopped():
        yield Want(agency=slug, what=f"{number} subscriptions of its systems in error", since=since)


def _unanswered(at: datetime) -> Iterator[Want]:
    for slug, since in climbing.unanswered(at=at):
        yield Want(agency=slug, what="urgent and unanswered", since=since)
