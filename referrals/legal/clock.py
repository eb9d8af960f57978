"""Times that cannot be: each fault names its field (R-P2-18). Pure; the clock comes from the caller."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fhir.content.issues import Issue, error

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FARTHEST = timedelta(days=3653)
ORAL_SUSPENSION = timedelta(days=30)


def past(field: str, at: datetime | None, *, now: datetime) -> Iterator[Issue]:
    """What is wrong with a time at which something has happened; nothing is with one that was not given."""
    if at is None:
        return
    if at.tzinfo is None:
        yield error("value", field, "needs a time zone, such as 2026-11-20T10:00-05:00.")
    elif at < EARLIEST:
        yield error("value", field, "is before the year 2000.")
    elif at > now:
        yield error("value", field, "lies in the future.")


def due(field: str, at: datetime | None, *, received_at: datetime) -> Iterator[Issue]:
    """What is wrong with the day by which a paper, received at a time that passed ``past``, is to be answered."""
    if at is None:
        return
    if at.tzinfo is None:
        yield error("value", field, "needs a time zone, such as 2026-12-04T17:00-05:00.")
    elif received_at.tzinfo is not None and at < received_at:
        yield error("value", field, "lies before the paper was received.")
    elif received_at.tzinfo is not None and at > received_at + FARTHEST:
        yield error("value", field, "lies more than ten years after the paper was received.")


def suspension(field: str, until: datetime | None, *, written: bool, now: datetime) -> Iterator[Issue]:
    """What is wrong with a suspension of the client's accounting: an oral one ends within 30 days (R-H-05)."""
    if until is None:
        return
    if until.tzinfo is None:
        yield error("value", field, "needs a time zone, such as 2026-12-04T17:00-05:00.")
    elif until <= now:
        yield error("value", field, "must lie ahead.")
    elif until > now + (FARTHEST if written else ORAL_SUSPENSION):
        yield error("value", field, "is too far off: 30 days unless the statement is written, ten years if it is.")
