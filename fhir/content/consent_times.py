"""When a consent begins and ends: a FHIR dateTime as a moment, a whole day counted in the zone of who keeps it."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

FIRST, LAST = 2000, 2199
"""The years a consent of this network can speak of. Before and after is a slip of the pen, or a computer's zero."""

ALLOWED = f"must be a whole day, or a moment with its zone, of the years {FIRST} to {LAST}"


def begins(text: str, zone: tzinfo) -> datetime | None:
    """The first moment that ``text`` means, in UTC; ``None`` where it is no whole day or moment of those years."""
    day = _day(text)
    return _midnight(day, zone) if day else _moment(text)


def ends(text: str, zone: tzinfo) -> datetime | None:
    """The moment at which ``text`` is over: a day counts whole (R4 Period.end), a moment is itself."""
    day = _day(text)
    return end_of(day, zone) if day else _moment(text)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The moment, in UTC, at which ``day`` is over."""
    return _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST <= day.year <= LAST else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A day out of range is no moment either: it has no zone.
    return moment.astimezone(UTC) if moment.tzinfo and FIRST <= moment.year <= LAST else None
