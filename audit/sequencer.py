"""Turns pending events into leaves, nodes and a signed checkpoint: one batch, one transaction, one leader.

Killed at any point it leaves nothing half done and nothing locked. Events may commit in any order: what is
pending is a row, not a position, so none is passed over.
"""

from typing import Any

from django.db import connection, transaction
from django.utils.timezone import now

from audit import signer
from audit.merkle import Frontier, leaf_hash
from audit.models import AuditCheckpoint, Log, PendingEvent
from audit.nodes import frontier
from audit.signer import Signer
from audit.standalone import notes

# A pending row without its event, or of an event that has a leaf, is left for the verifier to report: it
# must not stop the log.
WAITING = """
SELECT pending.event_id, event.body
FROM audit_pending pending JOIN audit_event event ON event.id = pending.event_id
WHERE NOT EXISTS (SELECT 1 FROM audit_leaf leaf WHERE leaf.event_id = pending.event_id)
ORDER BY pending.event_id LIMIT %s
"""
INSERT_LEAF = "INSERT INTO audit_leaf (seq, event_id, hash) VALUES (%s, %s, %s)"
INSERT_NODE = 'INSERT INTO audit_node (level, "index", hash) VALUES (%s, %s, %s)'
DELETE_PENDING = "DELETE FROM audit_pending WHERE event_id = %s"

Row = tuple[Any, bytes]  # the event's id as the database spells it, and its body


class Forked(RuntimeError):
    """The stored tree is not the one last signed, or belongs to another log: signing would hide it."""


def sequence(*, batch: int = 4096) -> int:
    """Give at most ``batch`` pending events their place in the tree; return how many.

    Raises Forked rather than sign a tree that does not grow out of the last checkpoint.
    """
    if not PendingEvent.objects.exists():
        return 0
    key = signer.load()
    with transaction.atomic(durable=True):
        _lead(key)
        tree = _tree()
        waiting = _waiting(batch)
        if waiting:
            _append(tree, waiting)
            _sign(tree, key)
    return len(waiting)


def _lead(key: Signer) -> None:
    """Lock the log's one row until the transaction ends; other sequencers wait here."""
    log, _ = Log.objects.select_for_update(no_key=True).get_or_create(
        pk=1, defaults={"origin": key.name, "created_at": now()}
    )
    if log.origin != key.name:
        raise Forked(f"this is the log {log.origin}, the key signs for {key.name}")


def _tree() -> Frontier:
    last = AuditCheckpoint.objects.order_by("size").last()
    if last is None:
        return Frontier()
    try:
        tree = frontier(last.size)
    except KeyError as missing:
        raise Forked(f"no hash is stored for {missing}") from None
    if tree.root() != bytes(last.root):
        raise Forked(f"the stored tree of {last.size} leaves is not the one signed")
    return tree


def _waiting(batch: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [batch])
        return list(cursor.fetchall())


def _append(tree: Frontier, waiting: list[Row]) -> None:
    leaves: list[tuple[int, Any, bytes]] = []
    nodes: list[tuple[int, int, bytes]] = []
    for id_, body in waiting:
        leaf = leaf_hash(body)
        leaves.append((tree.size, id_, leaf))
        nodes.extend((*subtree, made) for subtree, made in tree.append(leaf))
    with connection.cursor() as cursor:
        cursor.executemany(INSERT_LEAF, leaves)
        cursor.executemany(INSERT_NODE, nodes)
        cursor.executemany(DELETE_PENDING, [(id_,) for id_, _ in waiting])


def _sign(tree: Frontier, key: Signer) -> None:
    text = notes.Checkpoint(key.name, tree.size, tree.root()).text()
    ours = notes.Key(key.name, notes.SIGNS, key.public)
    note = notes.signed(text, key=ours, signature=key.sign(text.encode()))
    notes.opened(note, ours)  # a checkpoint nobody can open must not be stored
    AuditCheckpoint(size=tree.size, root=tree.root(), note=note, at=now()).save(force_insert=True)
