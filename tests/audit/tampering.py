"""What somebody with the database in hand can do: SQL past every guard, inside the test's own transaction."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.timezone import now

from audit.canonical import decode, encode
from audit.checks import APPEND_ONLY
from audit.merkle import Frontier, leaf_hash, node_hash
from audit.models import AuditCheckpoint, AuditEvent, AuditLeaf
from audit.standalone import notes
from audit.uuid7 import moment, uuid7
from tests.audit.signing import LogKey


def sql(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Run one statement; ids are given as UUIDs. Returns its rows, if it has any."""
    native = connection.features.has_native_uuid_field
    values = [value.hex if isinstance(value, UUID) and not native else value for value in parameters]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def tables() -> list[str]:
    """The append-only tables, on PostgreSQL with every partition."""
    if connection.vendor == "sqlite":
        return list(APPEND_ONLY)
    partitions = sql("SELECT relid::regclass::text FROM pg_partition_tree('audit_event') WHERE level > 0")
    return [*APPEND_ONLY, *(name for (name,) in partitions)]


def unguard() -> None:
    """Take the triggers away, as an owner can; the test's rollback brings them back."""
    if connection.vendor == "postgresql":
        for table in tables():
            sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        return
    for (name,) in sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%%'"):
        sql(f"DROP TRIGGER {name}")


def body(id_: UUID) -> bytes:
    """The stored bytes of an event."""
    return bytes(AuditEvent.objects.get(pk=id_).body)


def edit_event_and_leaf(id_: UUID) -> None:
    """Another action in an event's bytes, its column and its leaf hash."""
    new = body(id_).replace(b"referral.accept", b"referral.reject")
    sql("UPDATE audit_event SET body = %s, action = 'referral.reject' WHERE id = %s", new, id_)
    sql("UPDATE audit_leaf SET hash = %s WHERE event_id = %s", leaf_hash(new), id_)


def edit_event_leaf_and_nodes(id_: UUID) -> None:
    """The same, with every node recomputed: all but the signatures agree."""
    edit_event_and_leaf(id_)
    below = {seq: bytes(hash_) for seq, hash_ in AuditLeaf.objects.values_list("seq", "hash")}
    for level in range(1, len(below).bit_length()):
        below = {
            place // 2: node_hash(hash_, below[place + 1])
            for place, hash_ in below.items()
            if place % 2 == 0 and place + 1 in below
        }
        for place, hash_ in below.items():
            sql('UPDATE audit_node SET hash = %s WHERE level = %s AND "index" = %s', hash_, level, place)


def swap(column: str, *, table: str, key: str, between: tuple[Any, Any]) -> None:
    """Exchange one column of two rows."""
    first, second = between
    values = [sql(f"SELECT {column} FROM {table} WHERE {key} = %s", one)[0][0] for one in between]
    spare = {"event_id": UUID(int=1), "note": ""}.get(column, b"")
    for one, value in ((first, spare), (second, values[0]), (first, values[1])):
        sql(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", value, one)


def insert_event(**changes: Any) -> UUID:
    """An event written past ``record``: a fresh id, columns and bytes in agreement, nothing pending."""
    event = AuditEvent.objects.order_by("pk")[0]
    event.pk = uuid7()
    event.at = moment(event.pk)
    event.body = encode(replace(decode(bytes(event.body)), id=event.pk))
    for name, value in changes.items():
        setattr(event, name, value)
    event.save(force_insert=True)
    return event.pk


def append_unsigned() -> None:
    """An event with a leaf, under no checkpoint."""
    new = insert_event()
    size = AuditLeaf.objects.count()
    sql("INSERT INTO audit_leaf (seq, event_id, hash) VALUES (%s, %s, %s)", size, new, leaf_hash(body(new)))


def sign_as(key: LogKey, size: int) -> None:
    """A checkpoint in the log's name, signed with somebody else's key."""
    text = notes.Checkpoint(key.name, size, bytes(AuditCheckpoint.objects.get(size=size).root)).text()
    note = notes.signed(text, key=key.verifier, signature=key.sign(text.encode()))
    sql("UPDATE audit_checkpoint SET note = %s WHERE size = %s", note, size)


def rewrite(bodies: list[tuple[UUID, bytes]], *, sign: dict[int, LogKey]) -> None:
    """Make the tree that these events would have made, numbered anew; sign it at some sizes, and forget who cosigned.

    Events that are not among them go. Without sizes to sign at, the checkpoints stay as they were.
    """
    for table in ("audit_leaf", "audit_node"):
        sql(f"DELETE FROM {table}")
    tree = Frontier()
    heads = {}
    for seq, (id_, stored_) in enumerate(bodies):
        leaf = leaf_hash(stored_)
        sql("INSERT INTO audit_leaf (seq, event_id, hash) VALUES (%s, %s, %s)", seq, id_, leaf)
        for subtree, made in tree.append(leaf):
            sql('INSERT INTO audit_node (level, "index", hash) VALUES (%s, %s, %s)', *subtree, made)
        heads[tree.size] = tree.root()
    kept = {id_ for id_, _ in bodies}
    for (id_,) in AuditEvent.objects.values_list("pk"):
        if id_ not in kept:
            sql("DELETE FROM audit_event WHERE id = %s", id_)
    if sign:
        sql("DELETE FROM audit_checkpoint")
        sql("DELETE FROM audit_cosignature")
    for size, key in sign.items():
        text = notes.Checkpoint(key.name, size, heads[size]).text()
        note = notes.signed(text, key=key.verifier, signature=key.sign(text.encode()))
        AuditCheckpoint(size=size, root=heads[size], note=note, at=now()).save(force_insert=True)
