"""Somebody with SQL changes the log of real acts: ``manage.py audit_verify --json`` says so, and what is wrong."""

import json
from collections.abc import Callable
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import Error, connection, transaction

from audit.canonical import Event, decode, encode
from audit.models import AuditEvent, AuditLeaf, PendingEvent
from audit.uuid7 import moment, uuid7
from tests.audit.tampering import sql, unguard
from tests.integrity.stage import Stage


def verified() -> tuple[int, dict[str, object]]:
    """The exit code and the report."""
    told = StringIO()
    try:
        call_command("audit_verify", "--json", stdout=told)
    except SystemExit as ended:
        return int(ended.code or 0), json.loads(told.getvalue())
    return 0, json.loads(told.getvalue())


def an_accept() -> AuditEvent:
    """The event whose actor somebody would rather not have been."""
    found = AuditEvent.objects.filter(action="task.accept").order_by("id").first()
    assert found is not None
    return found


def rewritten(event: AuditEvent, **changes: str) -> bytes:
    """The event's canonical bytes with fields changed: nothing about their form gives it away."""
    was = decode(bytes(event.body))
    fields = {name: getattr(was, name) for name in Event.__dataclass_fields__}
    return encode(Event(**fields | changes))


def edit_all(stage: Stage) -> None:
    event, other = an_accept(), stage.county.outsider.name
    sql(
        "UPDATE audit_event SET actor = %s, body = %s WHERE id = %s",
        other, rewritten(event, actor=other), event.id,
    )  # fmt: skip


def edit_a_column(stage: Stage) -> None:
    sql("UPDATE audit_event SET actor = %s WHERE id = %s", stage.county.outsider.name, an_accept().id)


def delete_one(_stage: Stage) -> None:
    sql("DELETE FROM audit_event WHERE id = %s", an_accept().id)


def delete_with_its_leaf(_stage: Stage) -> None:
    event = an_accept().id
    sql("DELETE FROM audit_leaf WHERE event_id = %s", event)
    sql("DELETE FROM audit_event WHERE id = %s", event)


def insert_one(_stage: Stage) -> None:
    """A second accept that never was, between the real ones."""
    columns = [field.column for field in AuditEvent._meta.fields]
    event = an_accept()
    row = {column: getattr(event, column) for column in columns}
    row |= {
        "id": (new := uuid7()),
        "at": connection.ops.adapt_datetimefield_value(moment(new)),
        "body": rewritten(event, id=new),
    }
    sql(f"INSERT INTO audit_event ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})", *row.values())


def swap_two(_stage: Stage) -> None:
    one, other = AuditLeaf.objects.order_by("seq")[:2]
    sql("UPDATE audit_leaf SET seq = -1 WHERE seq = %s", one.seq)
    sql("UPDATE audit_leaf SET seq = %s WHERE seq = %s", one.seq, other.seq)
    sql("UPDATE audit_leaf SET seq = %s WHERE seq = -1", other.seq)


def cut_the_end_off(_stage: Stage) -> None:
    """The newest leaf and its event, under the checkpoint that was signed over both."""
    newest = AuditLeaf.objects.order_by("seq").last()
    assert newest is not None
    sql("DELETE FROM audit_leaf WHERE seq = %s", newest.seq)
    sql("DELETE FROM audit_event WHERE id = %s", newest.event_id)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        pytest.param(edit_all, "hash", id="a row edited, bytes and columns"),
        pytest.param(edit_a_column, "projection", id="a column edited alone"),
        pytest.param(delete_one, "missing", id="a row deleted"),
        pytest.param(delete_with_its_leaf, "gap", id="a row deleted with its leaf"),
        pytest.param(insert_one, "stray", id="a row inserted"),
        pytest.param(swap_two, "node", id="two rows swapped"),
        pytest.param(cut_the_end_off, "gap", id="the end cut off"),
    ],
)
def test_a_changed_log_does_not_verify(stage: Stage, damage: Callable[[Stage], None], fault: str) -> None:
    code, report = verified()
    assert (code, report["ok"], report["unsequenced"]) == (0, True, 0)
    unguard()
    damage(stage)
    code, report = verified()
    assert (code, report["ok"]) == (1, False)
    assert report["first_bad"]["class"] == fault  # type: ignore[index] # JSON


def test_with_its_triggers_the_log_takes_no_change_at_all(stage: Stage) -> None:
    for damage in (edit_all, edit_a_column, delete_one, delete_with_its_leaf, swap_two):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            damage(stage)
    assert verified()[0] == 0


def test_a_row_inserted_with_a_place_in_the_queue_is_one_more_event_and_hides_none(stage: Stage) -> None:
    """Who can write rows can say something false in the log's own form; he can take nothing true out of it."""
    from audit.sequencer import sequence

    before: set[UUID] = set(AuditEvent.objects.values_list("id", flat=True))
    insert_one(stage)
    (made,) = set(AuditEvent.objects.values_list("id", flat=True)) - before
    PendingEvent(event_id=made).save(force_insert=True)
    sequence()
    assert verified()[0] == 0
    assert before < set(AuditLeaf.objects.values_list("event_id", flat=True))
