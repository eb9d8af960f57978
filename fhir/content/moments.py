"""Moments as FHIR R4 writes them (hl7.org/fhir/R4/datatypes.html): in UTC. Pure."""

from datetime import UTC, datetime


def date_time(at: datetime) -> str:
    """An aware ``at`` as a FHIR dateTime, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def instant(at: datetime) -> str:
    """An aware ``at`` as a FHIR instant, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
