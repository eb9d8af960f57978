"""Every change to the log that one database can show is found, at its place and by its class."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit import sequencer
from audit import verify as module
from audit.log import record
from audit.models import AuditCheckpoint, AuditDetail, AuditEvent, AuditLeaf, AuditNode, PendingEvent
from audit.recompute import examine
from audit.standalone.faults import Bad, Fault
from audit.uuid7 import uuid7
from audit.verify import Report, verify
from tests.audit.conftest import Write
from tests.audit.signing import LogKey
from tests.audit.tampering import (
    append_unsigned,
    body,
    edit_event_and_leaf,
    edit_event_leaf_and_nodes,
    insert_event,
    sign_as,
    sql,
    swap,
    unguard,
)

pytestmark = pytest.mark.django_db
Check = Callable[[], Report]
Tamper = Callable[[list[UUID]], object]
OTHER = b"\x07" * 32


@pytest.fixture
def check(key: LogKey) -> Check:
    return lambda: verify(name=key.name, public=key.public)


@pytest.fixture
def log(grow: Write) -> list[UUID]:
    """Ten events under checkpoints of 4, 7 and 10; their ids. The guards are taken away."""
    ids = [*grow(4), *grow(3), *grow(3)]
    unguard()
    return ids


def column(name: str, value: Any) -> Tamper:
    return lambda ids: sql(f"UPDATE audit_event SET {name} = %s WHERE id = %s", value, ids[3])


def run(statement: str, *parameters: Any) -> Tamper:
    return lambda _ids: sql(statement, *parameters)


def swapped(name: str, table: str, key: str) -> Tamper:
    return lambda ids: swap(
        name, table=table, key=key, between={"id": (ids[3], ids[5]), "size": (4, 7)}.get(key, (3, 5))
    )


PROJECTIONS: dict[str, Any] = {
    **dict.fromkeys(("door", "request_id", "actor", "agency", "action", "target", "code", "purpose", "digest"), "x"),
    "outcome": "4",
    "at": "2026-01-01 00:00:00+00:00",
}
CHANGES: dict[str, tuple[Tamper, int | None, Fault]] = {
    **{f"edit {name}": (column(name, value), 3, Fault.PROJECTION) for name, value in PROJECTIONS.items()},
    "edit body": (column("body", b"x"), 3, Fault.HASH),
    "edit leaf": (run("UPDATE audit_leaf SET hash = %s WHERE seq = 3", OTHER), 3, Fault.HASH),
    "edit event and leaf": (lambda ids: edit_event_and_leaf(ids[3]), 2, Fault.NODE),
    "edit event, leaf and nodes": (lambda ids: edit_event_leaf_and_nodes(ids[3]), 3, Fault.CHECKPOINT),
    "rename event": (column("id", uuid7()), 3, Fault.MISSING),
    "delete event": (lambda ids: sql("DELETE FROM audit_event WHERE id = %s", ids[3]), 3, Fault.MISSING),
    "delete newest event": (lambda ids: sql("DELETE FROM audit_event WHERE id = %s", ids[9]), 9, Fault.MISSING),
    "delete leaf": (run("DELETE FROM audit_leaf WHERE seq = 3"), 3, Fault.GAP),
    "delete newest leaf": (run("DELETE FROM audit_leaf WHERE seq = 9"), 9, Fault.GAP),
    "move leaf": (run("UPDATE audit_leaf SET seq = 99 WHERE seq = 3"), 3, Fault.GAP),
    "swap bodies": (swapped("body", "audit_event", "id"), 3, Fault.HASH),
    "swap leaf hashes": (swapped("hash", "audit_leaf", "seq"), 3, Fault.HASH),
    "swap leaves' events": (swapped("event_id", "audit_leaf", "seq"), 3, Fault.HASH),
    "edit node": (run("UPDATE audit_node SET hash = %s WHERE level = 2 AND \"index\" = 1", OTHER), 4, Fault.NODE),
    "delete node": (run("DELETE FROM audit_node WHERE level = 1 AND \"index\" = 3"), 6, Fault.NODE),
    "move node": (run("UPDATE audit_node SET level = 9 WHERE level = 3"), 0, Fault.NODE),
    "add node": (run("INSERT INTO audit_node (level, \"index\", hash) VALUES (9, 9, %s)", OTHER), None, Fault.NODE),
    "edit root": (run("UPDATE audit_checkpoint SET root = %s WHERE size = 7", OTHER), 6, Fault.CHECKPOINT),
    "edit note": (run("UPDATE audit_checkpoint SET note = note || note WHERE size = 7"), 6, Fault.SIGNATURE),
    "swap notes": (swapped("note", "audit_checkpoint", "size"), 3, Fault.CHECKPOINT),
    "forge signature": (lambda _ids: sign_as(LogKey(b"z" * 32), 10), 9, Fault.SIGNATURE),
    "move checkpoint": (run("UPDATE audit_checkpoint SET size = 6 WHERE size = 7"), 5, Fault.CHECKPOINT),
    "move it away": (run("UPDATE audit_checkpoint SET size = 0 WHERE size = 4"), 10, Fault.CHECKPOINT),
    "delete newest checkpoint": (run("DELETE FROM audit_checkpoint WHERE size = 10"), 7, Fault.CHECKPOINT),
    "append without checkpoint": (lambda _ids: append_unsigned(), 10, Fault.CHECKPOINT),
    "insert event": (lambda _ids: insert_event(), None, Fault.STRAY),
    "pending without event": (lambda _ids: PendingEvent(event_id=uuid7()).save(), None, Fault.PENDING),
    "pending again": (lambda ids: PendingEvent(event_id=ids[0]).save(), None, Fault.PENDING),
    "detail not promised": (lambda ids: AuditDetail(event_id=ids[0], sealed=b"x").save(), None, Fault.DETAIL),
    "detail without event": (lambda _ids: AuditDetail(event_id=uuid7(), sealed=b"x").save(), None, Fault.DETAIL),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_at_its_place_and_by_its_class(name: str, log: list[UUID], check: Check) -> None:
    change, seq, fault = CHANGES[name]
    assert check().ok
    change(log)
    assert check().first_bad == Bad(seq, fault)


@pytest.mark.parametrize("block", [1, 2, 3, 4, 10])
def test_of_several_bad_places_the_first_is_named(
    block: int, log: list[UUID], check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows are examined at once, and whichever check comes first."""
    monkeypatch.setattr(module, "BLOCK", block)
    sql("UPDATE audit_leaf SET hash = %s WHERE seq = 8", OTHER)
    assert check().first_bad == Bad(8, Fault.HASH)
    sql("UPDATE audit_event SET actor = 'x' WHERE id = %s", log[5])
    assert check().first_bad == Bad(5, Fault.PROJECTION)
    sql("UPDATE audit_leaf SET seq = 99 WHERE seq = 6")
    assert check().first_bad == Bad(5, Fault.PROJECTION)
    sql("DELETE FROM audit_event WHERE id = %s", log[2])
    assert check().first_bad == Bad(2, Fault.MISSING)
    sql("UPDATE audit_leaf SET seq = 98 WHERE seq = 1")
    assert check().first_bad == Bad(1, Fault.GAP)


def test_an_event_taken_from_what_is_pending_is_found(log: list[UUID], write: Write, check: Check) -> None:
    write(1)
    PendingEvent.objects.all().delete()
    assert check().first_bad == Bad(None, Fault.STRAY)


def test_edited_detail_is_found(check: Check) -> None:
    record(action="referral.open", target="Referral/1", actor="Membership/1", detail=b"sealed")
    sequencer.sequence()
    AuditDetail.objects.update(sealed=b"forged")
    assert check().first_bad == Bad(None, Fault.DETAIL)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"body": b"not an event"}, Fault.BODY),
        ({"body": b""}, Fault.BODY),
        ({"actor": "Membership/8"}, Fault.PROJECTION),
    ],
)
def test_an_event_forged_before_it_was_sequenced_is_found(
    changes: dict[str, Any], fault: Fault, log: list[UUID], check: Check
) -> None:
    PendingEvent(event_id=insert_event(**changes)).save()
    assert sequencer.sequence() == 1
    assert check().first_bad == Bad(10, fault)


def test_a_back_dated_event_is_found(log: list[UUID], check: Check) -> None:
    id_ = insert_event()
    version, name, at, *fields = body(id_).split(b"\n")
    sql("UPDATE audit_event SET body = %s WHERE id = %s", b"\n".join([version, name, b"2020" + at[4:], *fields]), id_)
    PendingEvent(event_id=id_).save()
    sequencer.sequence()
    assert check().first_bad == Bad(10, Fault.CLOCK)


def test_an_event_sequenced_twice_by_the_holder_of_the_key_is_found(log: list[UUID], key: LogKey, check: Check) -> None:
    sql("ALTER TABLE audit_leaf RENAME TO old_leaf")
    sql("CREATE TABLE audit_leaf AS SELECT * FROM old_leaf")
    tree = sequencer._tree()
    ((event_id,),) = sql("SELECT event_id FROM audit_leaf WHERE seq = 3")
    sequencer._append(tree, [(event_id, body(log[3]))])
    sequencer._sign(tree, key)
    assert check().first_bad == Bad(10, Fault.DUPLICATE)


def test_a_value_of_a_type_no_search_would_match_is_found(log: list[UUID], check: Check) -> None:
    """SQLite lets bytes stand in a text column: they read the same and equal nothing. PostgreSQL writes hex."""
    binary = "BLOB" if connection.vendor == "sqlite" else "bytea"
    sql(f"UPDATE audit_event SET action = CAST(action AS {binary}) WHERE id = %s", log[3])
    assert check().first_bad == Bad(3, Fault.PROJECTION)


def test_a_time_of_a_type_no_search_would_match_is_found(log: list[UUID], check: Check) -> None:
    """PostgreSQL keeps times of one type alone; there, the next one."""
    other = "CAST(at AS BLOB)" if connection.vendor == "sqlite" else "at + interval '1 microsecond'"
    sql(f"UPDATE audit_event SET at = {other} WHERE id = %s", log[3])
    assert check().first_bad == Bad(3, Fault.PROJECTION)


def test_a_value_moved_into_the_column_before_it_is_found(log: list[UUID], check: Check) -> None:
    """With a line end between the two, all columns joined read as they did: with nothing left, or NULL, behind."""
    sql("ALTER TABLE audit_event RENAME TO old_event")
    sql("CREATE TABLE audit_event AS SELECT * FROM old_event")
    assert check().ok
    for left in ("", None):
        with transaction.atomic():
            sql("UPDATE audit_event SET actor = actor || %s || agency, agency = %s WHERE id = %s", "\n", left, log[3])
            assert check().first_bad == Bad(3, Fault.PROJECTION)
            transaction.set_rollback(True)


def test_bytes_of_another_type_are_not_an_event() -> None:
    """SQLite lets text stand where bytes belong."""
    assert examine((0, OTHER, "id", "at", "text", *["x"] * 10)) == (b"", Fault.BODY)
    assert examine((0, OTHER, None, None, None, *[None] * 10)) == (b"", Fault.MISSING)


def test_no_edit_of_any_value_goes_unseen(log: list[UUID], check: Check) -> None:
    """But one: when a checkpoint was made is not part of what is signed."""
    unseen = set()
    for model in (AuditEvent, AuditLeaf, AuditNode, AuditCheckpoint):
        for row in model.objects.order_by("pk"):
            for field in model._meta.concrete_fields:
                with transaction.atomic():
                    changed = {field.attname: other(getattr(row, field.attname))}
                    assert model.objects.filter(pk=row.pk).update(**changed) == 1
                    if check().ok:
                        unseen.add((model, field.attname))
                    transaction.set_rollback(True)
    assert unseen == {(AuditCheckpoint, "at")}


def other(value: Any) -> Any:
    """Another value of the same kind, as near as can be."""
    match value:
        case UUID():
            return UUID(int=value.int ^ 1)
        case datetime():
            return value + timedelta(microseconds=1)
        case int():
            return value + 1_000
        case str():
            return "4" if value == "0" else value + "x"
    changed = bytearray(value)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)
