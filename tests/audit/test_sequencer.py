from uuid import UUID

import pytest

from audit.log import record
from audit.merkle import Frontier, leaf_hash
from audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditNode, Log, PendingEvent
from audit.sequencer import Forked, sequence
from audit.standalone import notes
from audit.uuid7 import uuid7
from tests.audit.conftest import Write
from tests.audit.signing import LogKey
from tests.audit.tampering import sql, unguard

pytestmark = pytest.mark.django_db


def test_pending_events_become_leaves_in_order_and_are_no_longer_pending(write: Write) -> None:
    ids = write(5)
    assert sequence() == 5
    assert list(AuditLeaf.objects.order_by("seq").values_list("seq", "event_id")) == list(enumerate(ids))
    assert not PendingEvent.objects.exists()


def test_a_leaf_is_the_hash_of_the_events_bytes(grow: Write) -> None:
    for leaf in [grow(3), AuditLeaf.objects.all()][1]:
        assert bytes(leaf.hash) == leaf_hash(bytes(AuditEvent.objects.get(pk=leaf.event_id).body))


def test_nothing_pending_leaves_nothing_behind() -> None:
    assert sequence() == 0
    assert not AuditCheckpoint.objects.exists()


def test_it_sequences_at_most_a_batch_and_goes_on_where_it_stopped(write: Write) -> None:
    ids = write(7)
    assert [sequence(batch=3) for _ in range(4)] == [3, 3, 1, 0]
    assert list(AuditLeaf.objects.order_by("seq").values_list("event_id", flat=True)) == ids
    assert list(AuditCheckpoint.objects.order_by("size").values_list("size", flat=True)) == [3, 6, 7]


def test_each_batch_ends_in_a_checkpoint_that_opens_under_the_logs_key(grow: Write, key: LogKey) -> None:
    tree = Frontier()
    for count in (1, 2, 5, 8):
        for id_ in grow(count):
            list(tree.append(leaf_hash(bytes(AuditEvent.objects.get(pk=id_).body))))
        row = AuditCheckpoint.objects.get(size=tree.size)
        head = notes.checkpoint(notes.opened(row.note, key.verifier))
        assert head == notes.Checkpoint("example.org/log", tree.size, tree.root())
        assert bytes(row.root) == tree.root()


def test_only_complete_subtrees_are_kept(grow: Write) -> None:
    grow(3)
    grow(4)
    assert sorted(AuditNode.objects.values_list("level", "index")) == [(1, 0), (1, 1), (1, 2), (2, 0)]


def test_an_event_that_commits_after_later_ones_is_not_passed_over(write: Write) -> None:
    late = uuid7()
    write(3)
    sequence()
    body = AuditEvent.objects.first()
    assert body is not None
    AuditEvent.objects.bulk_create([AuditEvent(**{**vars_of(body), "id": late})])
    PendingEvent(event_id=late).save(force_insert=True)
    assert sequence() == 1
    assert AuditLeaf.objects.get(event_id=late).seq == 3


def vars_of(event: AuditEvent) -> dict[str, object]:
    return {field.attname: getattr(event, field.attname) for field in event._meta.concrete_fields}


def test_a_pending_row_that_leads_nowhere_does_not_stop_the_log(grow: Write, write: Write) -> None:
    (sequenced,) = grow(1)
    for stray in (UUID(int=0), sequenced):
        PendingEvent(event_id=stray).save(force_insert=True)
    write(2)
    assert (sequence(), sequence()) == (2, 0)
    assert AuditLeaf.objects.count() == 3
    assert PendingEvent.objects.count() == 2


def test_a_batch_that_fails_leaves_no_trace(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write(3)
    monkeypatch.setattr(LogKey, "sign", lambda _self, _message: b"\0" * 64)
    with pytest.raises(notes.BadNote):
        sequence()
    assert not AuditLeaf.objects.exists()
    assert not AuditNode.objects.exists()
    assert PendingEvent.objects.count() == 3


def test_a_tree_that_is_not_the_one_signed_is_not_signed_over(grow: Write, write: Write) -> None:
    grow(3)
    unguard()
    sql("UPDATE audit_leaf SET hash = %s WHERE seq = 2", b"x" * 32)
    write(1)
    with pytest.raises(Forked):
        sequence()
    assert AuditLeaf.objects.count() == 3


def test_a_tree_with_a_hole_is_not_signed_over(grow: Write, write: Write) -> None:
    grow(3)
    unguard()
    sql("DELETE FROM audit_node")
    write(1)
    with pytest.raises(Forked):
        sequence()


def test_the_key_of_another_log_does_not_sign_this_one(grow: Write, write: Write) -> None:
    grow(1)
    assert Log.objects.get().origin == "example.org/log"
    Log.objects.update(origin="example.org/other")
    write(1)
    with pytest.raises(Forked):
        sequence()


def test_writing_needs_no_sequencer_and_takes_no_lock_of_its() -> None:
    record(action="login", target="User/1", actor="User/1")
    assert not Log.objects.exists()
