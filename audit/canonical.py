"""The one byte form of an audit event: these bytes are hashed, and nothing else decodes.

Thirteen lines after a version line, in fixed order, without names or escapes. No field can hold a space or
a line end, so there is one way to write an event and no room for free text.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from audit.outcome import Outcome
from audit.uuid7 import moment

VERSION = "bhu/audit/event/v1"
LIMIT = 128

TOKEN = f"[!-~]{{1,{LIMIT}}}"
OPTIONAL = f"[!-~]{{0,{LIMIT}}}"
GRAMMAR = {
    "id": "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "at": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",
    "door": TOKEN,
    "request_id": OPTIONAL,
    "actor": TOKEN,
    "agency": OPTIONAL,
    "action": TOKEN,
    "target": TOKEN,
    "outcome": "|".join(Outcome),
    "code": OPTIONAL,
    "purpose": OPTIONAL,
    "digest": r"(?:[0-9]{6}\.[0-9a-f]{64})?",
    "detail": "(?:[0-9a-f]{64})?",
}
BODY = re.compile("\n".join([re.escape(VERSION), *(f"({pattern})" for pattern in GRAMMAR.values())]))


class NotCanonical(ValueError):
    """A field that may not stand in the log, or bytes that are not the one form of an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing done or refused. Its time is the millisecond of its id; ``detail`` is a hex SHA-256 or empty."""

    id: UUID
    door: str
    request_id: str
    actor: str
    agency: str
    action: str
    target: str
    outcome: str
    code: str
    purpose: str
    digest: str
    detail: str


def encode(event: Event) -> bytes:
    """Return the canonical bytes of an event; raises NotCanonical if a field breaks GRAMMAR."""
    lines = (
        VERSION,
        str(event.id),
        _clock(event.id),
        event.door,
        event.request_id,
        event.actor,
        event.agency,
        event.action,
        event.target,
        event.outcome,
        event.code,
        event.purpose,
        event.digest,
        event.detail,
    )
    text = "\n".join(lines)
    if not BODY.fullmatch(text):
        raise NotCanonical(_culprit(lines[1:]))
    return text.encode("ascii")


def decode(body: bytes) -> Event:
    """Return the event of canonical bytes; ``encode`` of it is ``body``. Raises NotCanonical otherwise."""
    found = BODY.fullmatch(body.decode("latin-1"))
    if not found:
        raise NotCanonical("not the bytes of an event")
    id_, at, *fields = found.groups()
    event = Event(id=UUID(id_), **dict(zip(list(GRAMMAR)[2:], fields, strict=True)))
    if at != _clock(event.id):
        raise NotCanonical("the time is not the id's")
    return event


def _clock(id_: UUID) -> str:
    try:
        return moment(id_).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    except OverflowError:
        raise NotCanonical("the id lies beyond the year 9999") from None


def _culprit(values: tuple[str, ...]) -> str:
    """Name the field that breaks the grammar, never its value: refused values may be what must not be logged."""
    pairs = zip(GRAMMAR.items(), values, strict=True)
    return ", ".join(name for (name, pattern), value in pairs if not re.fullmatch(pattern, value))
