"""Recomputes the whole log from its stored bytes and says where it is first wrong.

Nothing of the writing side is used: the SQL stands here again, the arithmetic is that of ``standalone``, which whoever
doubts this database can run elsewhere. A verifier that sees one database alone cannot tell a log cut back to an
older checkpoint, an edit re-signed with the log's own key, or a change of what is still pending: those need
a checkpoint kept elsewhere.
"""

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from itertools import zip_longest
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from audit.recompute import Row, examine, examine_all
from audit.standalone import notes
from audit.standalone.faults import Bad, Fault
from audit.standalone.notes import SIGNS, Key
from audit.standalone.tree import Tree

PAGE = 1 << 12
DETAILS = 1 << 8
BLOCK = 1 << 8  # rows in hand at once

# One statement, so the counts are of one moment while others write.
EXTENT = """
SELECT (SELECT coalesce(max(size), 0) FROM audit_checkpoint), (SELECT coalesce(min(size), 1) FROM audit_checkpoint),
    (SELECT count(*) FROM audit_leaf), (SELECT count(*) FROM (SELECT DISTINCT event_id FROM audit_leaf) AS sequenced),
    (SELECT count(*) FROM audit_node),
    (SELECT count(*) FROM audit_event), (SELECT count(*) FROM audit_pending)
"""
COLUMNS = [
    f"event.{name}"
    for name in ("door", "request_id", "actor", "agency", "action", "target", "outcome", "code", "purpose", "digest")
]
# How an event's columns become a ``Row``: as text, which spares us the drivers' objects and shows a value that is not
# quite what it should be. The plus hides the column's type from SQLite's driver; with PostgreSQL's, one long value
# costs less than ten, and one NULL among them makes it NULL.
SPELLED = {
    "postgresql": {
        "id": "encode(uuid_send(event.id), 'hex')",
        "at": "replace(to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '.000000', '')",
        "fields": r" || E'\n' || ".join(COLUMNS),
    },
    "sqlite": {"id": "event.id", "at": "+event.at", "fields": ", ".join(COLUMNS)},
}
LEAVES = """
SELECT leaf.seq, leaf.hash, {id}, {at}, event.body, {fields}
FROM audit_leaf leaf LEFT JOIN audit_event event ON event.id = leaf.event_id
WHERE leaf.seq >= %s AND leaf.seq < %s ORDER BY leaf.seq
"""
NODES = 'SELECT hash FROM audit_node WHERE level = %s AND "index" >= %s AND "index" < %s ORDER BY "index"'
CHECKPOINTS = "SELECT size, root, note FROM audit_checkpoint WHERE size > %s AND size <= %s ORDER BY size"
COSIGNATURES = """
SELECT cosignature.size, cosignature.witness, cosignature.line, {at}, head.note
FROM audit_cosignature cosignature LEFT JOIN audit_checkpoint head ON head.size = cosignature.size
ORDER BY cosignature.size, cosignature.witness
"""
UNSEEN = "SELECT {at} FROM audit_checkpoint head WHERE head.size > %s ORDER BY head.size LIMIT 1"
DUPLICATE = """
SELECT max(seq) FROM audit_leaf
WHERE event_id = (SELECT event_id FROM audit_leaf GROUP BY event_id HAVING count(*) > 1 LIMIT 1)
"""
PENDING = """
SELECT 1 FROM audit_pending pending
WHERE NOT EXISTS (SELECT 1 FROM audit_event event WHERE event.id = pending.event_id)
    OR EXISTS (SELECT 1 FROM audit_leaf leaf WHERE leaf.event_id = pending.event_id) LIMIT 1
"""
DETAIL = """
SELECT detail.event_id, detail.sealed, event.body
FROM audit_detail detail LEFT JOIN audit_event event ON event.id = detail.event_id
WHERE detail.event_id > %s ORDER BY detail.event_id LIMIT %s
"""


class Extent(NamedTuple):
    """How much there is, at one moment."""

    size: int  # of the newest checkpoint
    smallest: int  # checkpoint
    leaves: int
    sequenced: int  # events with a leaf
    nodes: int
    events: int
    pending: int


class Vouched(NamedTuple):
    """How many events a witness has vouched for, and for how many seconds the next have waited for it."""

    name: str
    size: int
    lag_s: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found. ``root`` is base64, empty if the tree could not be recomputed."""

    ok: bool
    size: int
    root: str
    events: int
    unsequenced: int
    first_bad: Bad | None
    rate_per_s: int
    witnesses: list[Vouched] = field(default_factory=list)


Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Against:
    """What a log is held against, all of it kept outside the database: keys, and a checkpoint of another day."""

    log: Key
    witnesses: Mapping[str, Key] = field(default_factory=dict)
    kept: notes.Checkpoint | None = None


def verify(
    *,
    name: str,
    public: bytes,
    witnesses: Mapping[str, Key] | None = None,
    kept: notes.Checkpoint | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Report:
    """Verify the log of the default database against its key; ``progress`` is told leaves done and in all.

    ``witnesses`` are keys by their names, and every cosignature must be of one of them; without any, none is looked at.
    ``kept`` is a checkpoint that the log must have grown out of. Takes no lock and may run while events are written and
    sequenced. Stops at the first fault.
    """
    began = time.perf_counter()
    extent, tree = Extent(*_rows(EXTENT)[0]), Tree()
    against = Against(Key(name, SIGNS, public), witnesses or {}, kept)
    bad = next(_faults(extent, tree, against, progress), None)
    return Report(
        ok=bad is None,
        size=extent.size,
        root=b64encode(tree.root()).decode() if tree.size == extent.size else "",
        events=extent.events,
        unsequenced=extent.pending,
        first_bad=bad,
        rate_per_s=int(tree.size / (time.perf_counter() - began)),
        witnesses=[] if bad else [_vouched(name, each) for name, each in against.witnesses.items()],
    )


def _faults(extent: Extent, tree: Tree, against: Against, progress: Progress) -> Iterator[Bad]:
    for start in range(0, extent.size, PAGE):
        yield from _page(tree, start, min(start + PAGE, extent.size), against)
        progress(tree.size, extent.size)
    if against.kept and against.kept.size > extent.size:
        yield Bad(extent.size, Fault.KEPT)
    if against.witnesses:
        yield from _cosignatures(against.witnesses)
    yield from _counts(extent)
    if extent.sequenced < extent.leaves:
        yield from (Bad(seq, Fault.DUPLICATE) for (seq,) in _rows(DUPLICATE))
    yield from (Bad(None, Fault.PENDING) for _ in _rows(PENDING))
    yield from (
        Bad(None, Fault.LOG) for (origin,) in _rows("SELECT origin FROM audit_log") if origin != against.log.name
    )
    yield from _details()


def _page(tree: Tree, start: int, end: int, against: Against) -> Iterator[Bad]:
    """Check leaves ``start`` to ``end``, then the nodes and tree heads that they complete."""
    hashes, bad = _leaves(start, end)
    reached = start + len(hashes)
    made: list[list[bytes]] = []
    wrong_heads = []
    kept = against.kept
    stops = [(size, root, note) for size, root, note in _rows(CHECKPOINTS, start, reached)]
    if kept and start < kept.size <= reached:
        stops = sorted([*stops, (kept.size, kept.root, "")], key=itemgetter(0))
    for size, root, note in stops:
        _gather(made, tree.grow(hashes[tree.size - start : size - start]))
        fault = _head_fault(tree, root, note, against) if note else _kept_fault(tree, root)
        if fault:
            wrong_heads.append(Bad(size - 1, fault))
    _gather(made, tree.grow(hashes[tree.size - start :]))
    yield from _nodes(made, start, reached)
    yield from wrong_heads
    if bad:
        yield bad


def _leaves(start: int, end: int) -> tuple[list[bytes], Bad | None]:
    """Return the leaf hashes before the first bad leaf of a page, and that leaf."""
    hashes = list[bytes]()
    for rows in _blocks(LEAVES.format(**SPELLED[connection.vendor]), start, end):
        seq = start + len(hashes)
        made, fault = examine_all(rows)
        if fault or [row[0] for row in rows] != list(range(seq, seq + len(rows))):
            before, bad = _first_bad(rows, seq)
            return hashes + before, bad
        hashes += made
    reached = start + len(hashes)
    return hashes, Bad(reached, Fault.GAP) if reached < end else None


def _first_bad(rows: Sequence[Row], start: int) -> tuple[list[bytes], Bad]:
    """Return the leaf hashes before the first bad leaf of a block that has one, and that leaf."""
    hashes = list[bytes]()
    for seq, row in enumerate(rows, start):
        made, fault = examine(row) if row[0] == seq else (b"", Fault.GAP)
        if fault:
            return hashes, Bad(seq, fault)
        hashes.append(made)
    raise RuntimeError("no row is bad by itself")


def _kept_fault(tree: Tree, root: bytes) -> Fault | None:
    return None if root == tree.root() else Fault.KEPT


def _head_fault(tree: Tree, root: bytes, note: object, against: Against) -> Fault | None:
    key = against.log
    try:
        stated = notes.checkpoint(notes.opened(str(note), key))
    except notes.BadNote:
        return Fault.SIGNATURE
    right = stated == notes.Checkpoint(key.name, tree.size, tree.root()) and root == tree.root()
    return None if right else Fault.CHECKPOINT


def _nodes(made: Sequence[Sequence[bytes]], start: int, end: int) -> Iterator[Bad]:
    """Compare the subtrees that leaves ``start`` to ``end`` completed with those stored."""
    for level, expected in enumerate(made, 1):
        first = start >> level
        stored = [hash_ for (hash_,) in _rows(NODES, level, first, end >> level)]
        if stored != expected:
            pairs = zip_longest(stored, expected)
            differs = next(index for index, (left, right) in enumerate(pairs, first) if left != right)
            yield Bad(differs << level, Fault.NODE)


def _counts(extent: Extent) -> Iterator[Bad]:
    """What pages cannot show: rows outside of every page."""
    if extent.leaves != extent.size or extent.smallest < 1:
        yield Bad(extent.size, Fault.CHECKPOINT)
    if extent.nodes != extent.size - extent.size.bit_count():
        yield Bad(None, Fault.NODE)
    if extent.events > extent.leaves + extent.pending:
        yield Bad(None, Fault.STRAY)


def _cosignatures(keys: Mapping[str, Key]) -> Iterator[Bad]:
    """Verify every cosignature. The tree heads they are of have been compared already."""
    by_name = {each.name: each for each in keys.values()}
    for size, witness, line, moment, note in _rows(COSIGNATURES.format(at=_at("cosignature"))):
        if not _is_cosigned(by_name.get(str(witness)), str(line), str(moment), note):
            yield Bad(size - 1, Fault.COSIGNATURE)


def _is_cosigned(key: Key | None, line: str, at: str, note: object) -> bool:
    if key is None or note is None:
        return False
    try:
        moment = notes.cosigned(f"{note}{line}", key)
        single = notes.signed_lines(f"{note}{line}", key) == [line]
    except notes.BadNote:
        return False
    if moment is None or not single:
        return False
    return at == datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _vouched(name: str, key: Key) -> Vouched:
    ((size,),) = _rows("SELECT coalesce(max(size), 0) FROM audit_cosignature WHERE witness = %s", key.name)
    unseen = _rows(UNSEEN.format(at=_at("head")), size)
    lag = int((datetime.now(UTC) - datetime.fromisoformat(f"{unseen[0][0]}+00:00")).total_seconds()) if unseen else 0
    return Vouched(name, size, max(0, lag))


def _at(table: str) -> str:
    return SPELLED[connection.vendor]["at"].replace("event.", f"{table}.")


def _details() -> Iterator[Bad]:
    last: Any = "0" * 32
    while rows := _rows(DETAIL, last, DETAILS):
        for _, sealed, body in rows:
            if not _promised(sealed, body):
                yield Bad(None, Fault.DETAIL)
        last = rows[-1][0]


def _promised(sealed: object, body: object) -> bool:
    """Say whether an event's bytes end in the hash of its detail; no event, or text for bytes, promises nothing."""
    if not isinstance(sealed, bytes) or not isinstance(body, bytes):
        return False
    return body[-65:] == b"\n" + sha256(sealed).hexdigest().encode()


def _gather(made: list[list[bytes]], more: list[list[bytes]]) -> None:
    made.extend([] for _ in more[len(made) :])
    for level, hashes in enumerate(more):
        made[level] += hashes


def _rows(sql: str, *parameters: Any) -> list[Row]:
    with _cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _blocks(sql: str, *parameters: Any) -> Iterator[list[Row]]:
    with _cursor() as cursor:
        cursor.execute(sql, parameters)
        while rows := cursor.fetchmany(BLOCK):
            yield rows


def _cursor() -> CursorWrapper:
    """Return a cursor that brings bytes as they are: Django's own has PostgreSQL write them in hex."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    from psycopg import Cursor, pq  # noqa: PLC0415  11 MiB that SQLite does without

    connection.ensure_connection()
    cursor: Any = Cursor(connection.connection)
    cursor.format = pq.Format.BINARY
    return connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
