"""Takes the log out, to be verified elsewhere: all of it or what is new, or one agency's own part with its proofs."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from audit import proofs, witnesses
from audit.merkle import cover
from audit.models import AuditCheckpoint
from audit.nodes import stored
from audit.standalone.reading import EXPORT, FIELDS, SLICE, spelled
from audit.uuid7 import uuid7_floor

PAGE = 1 << 12
PROVEN = 256

EVENTS = """
SELECT leaf.seq, leaf.hash, event.body
FROM audit_leaf leaf LEFT JOIN audit_event event ON event.id = leaf.event_id
WHERE leaf.seq >= %s AND leaf.seq < %s ORDER BY leaf.seq
"""
OWN = """
SELECT leaf.seq, event.body FROM audit_leaf leaf JOIN audit_event event ON event.id = leaf.event_id
WHERE event.agency = %s AND event.id >= %s AND event.id < %s AND leaf.seq >= %s AND leaf.seq < %s
ORDER BY leaf.seq LIMIT %s
"""
COUNT = """
SELECT count(*), max(leaf.seq) FROM audit_leaf leaf JOIN audit_event event ON event.id = leaf.event_id
WHERE event.agency = %s AND event.id >= %s AND event.id < %s
"""


class Broken(RuntimeError):
    """The log is not whole: nothing is taken out of it before audit_verify has said where."""


class Empty(LookupError):
    """There is no checkpoint yet under which something could be taken out."""


@dataclass(frozen=True, slots=True)
class Period:
    """Events of one agency from a moment up to, not with, another."""

    agency: str
    since: datetime
    until: datetime

    @property
    def bounds(self) -> tuple[Any, Any]:
        native = connection.features.has_native_uuid_field
        ids = (uuid7_floor(self.since), uuid7_floor(self.until))
        return ids if native else (ids[0].hex, ids[1].hex)


def whole(*, start: int = 0) -> Iterator[bytes]:
    """Yield the lines of the log from event ``start`` on, its newest checkpoint and the newest of each witness.

    What comes before ``start`` is there as the hashes of its complete subtrees, so whoever kept a checkpoint of that
    size reads only what is new. Raises Empty and Broken.
    """
    heads = [row for row in witnesses.checkpoints_to_show() if row.size >= max(start, 1)]
    if not heads:
        raise Empty("There is no checkpoint of that size yet.")
    before = [b64encode(each).decode() for each in stored(cover(0, start)).values()]
    size, origin = heads[-1].size, witnesses.log_key().name
    yield spelled(
        {"format": EXPORT, "origin": origin, "start": start, "size": size, "before": before, "fields": FIELDS}
    )
    for head in heads:
        yield from _events(start, head.size)
        yield spelled({"checkpoint": witnesses.note(head)})
        start = head.size


def own(period: Period) -> Iterator[bytes]:
    """Yield the lines of one agency's own part, each event with its proof. Raises Empty, Broken."""
    count, last = _rows(COUNT, period.agency, *period.bounds)[0]
    head = witnesses.best_over(last or 0)
    if head is None:
        raise Empty("There is no checkpoint over these events yet.")
    origin = witnesses.log_key().name
    yield spelled(
        {"format": SLICE, "origin": origin, "count": count, "checkpoint": witnesses.note(head), "fields": FIELDS}
    )
    seq = 0
    while rows := _rows(OWN, period.agency, *period.bounds, seq, (last or 0) + 1, PROVEN):
        yield from _proven(rows, head)
        seq = rows[-1][0] + 1


def _events(start: int, end: int) -> Iterator[bytes]:
    for first in range(start, end, PAGE):
        rows = _rows(EVENTS, first, min(first + PAGE, end))
        if [row[0] for row in rows] != list(range(first, min(first + PAGE, end))):
            raise Broken("Events are missing. Run audit_verify.")
        yield b"".join([_line(seq, leaf, body) for seq, leaf, body in rows])


def _line(seq: int, leaf: bytes, body: bytes | None) -> bytes:
    return b'{"seq":%d,"leaf":"%b","body":%b}\n' % (seq, bytes(leaf).hex().encode(), _text(body))


def _proven(rows: list[tuple[Any, ...]], head: AuditCheckpoint) -> Iterator[bytes]:
    paths = proofs.inclusions(seqs=[seq for seq, _ in rows], size=head.size)
    for seq, body in rows:
        path = json.dumps([b64encode(each).decode() for each in paths[seq]], separators=(",", ":")).encode()
        yield b'{"seq":%d,"body":%b,"proof":%b}\n' % (seq, _text(body), path)


def _text(body: bytes | None) -> bytes:
    if body is None:
        raise Broken("An event is missing. Run audit_verify.")
    try:
        return json.dumps(bytes(body).decode("ascii")).encode()
    except UnicodeDecodeError:
        raise Broken("An event has another form. Run audit_verify.") from None


def _rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
