"""Sequencers against each other, against writers, and killed: no event lost, none twice, nothing held."""

import json
import subprocess
import sys
import threading
import time
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit.log import record
from audit.models import AuditCheckpoint, AuditLeaf, PendingEvent
from audit.sequencer import sequence
from audit.verify import verify
from tests.audit.signing import LogKey
from tests.databases import OwnDatabase

KILLS = 20


def run(own: OwnDatabase, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], env=own.env, capture_output=True, text=True, check=False)


def writer(stop: threading.Event) -> list[UUID]:
    """Write transactions of three events until told to stop, every fourth rolled back; the ids that stayed."""
    kept: list[UUID] = []
    for number in range(1_000_000):
        if stop.is_set():
            break
        with transaction.atomic():
            ids = [record(action="referral.note", target=f"Referral/{number}", actor="Membership/1") for _ in range(3)]
            transaction.set_rollback(number % 4 == 0)
        kept += ids if number % 4 else []
        time.sleep(0.002)  # SQLite's lock is not fair: let the others in
    return kept


@pytest.mark.drill
def test_sequencers_killed_at_random_under_load_lose_and_repeat_nothing(own_database: OwnDatabase) -> None:
    stop = threading.Event()

    def kill() -> subprocess.CompletedProcess[str]:
        try:
            return run(own_database, "-m", "tests.audit.sequencers", str(KILLS), "7")
        finally:
            stop.set()

    first, second, killed = own_database.together(lambda: writer(stop), lambda: writer(stop), kill)
    assert killed.returncode == 0, killed.stderr
    finished = run(own_database, "-m", "django", "audit_sequence", "--once")
    assert finished.returncode == 0, finished.stderr
    assert sorted(AuditLeaf.objects.values_list("event_id", flat=True)) == sorted([*first, *second])
    report = json.loads(run(own_database, "-m", "django", "audit_verify", "--json").stdout)
    assert (report["ok"], report["size"], report["unsequenced"]) == (True, len(first) + len(second), 0)
    assert AuditCheckpoint.objects.count() > KILLS  # the killed ones had all been at work


def test_sequencers_at_once_take_turns(own_database: OwnDatabase, key: LogKey) -> None:
    with transaction.atomic():
        for number in range(40):
            record(action="referral.note", target=f"Referral/{number}", actor="Membership/1")

    def drain() -> int:
        return sum(iter(lambda: sequence(batch=7), 0))

    assert sum(own_database.together(*[drain] * 4)) == 40
    report = verify(name=key.name, public=key.public)
    assert (report.ok, report.size, report.unsequenced) == (True, 40, 0)


@pytest.mark.postgres
def test_an_event_that_commits_after_a_later_one_was_sequenced_still_gets_its_leaf(own_database: OwnDatabase) -> None:
    early_written, late_sequenced = threading.Event(), threading.Event()

    def early() -> UUID:
        with transaction.atomic():
            id_ = record(action="referral.note", target="Referral/1", actor="Membership/1")
            early_written.set()
            assert late_sequenced.wait(20)
        return id_

    def late() -> UUID:
        assert early_written.wait(20)
        id_ = record(action="referral.note", target="Referral/2", actor="Membership/1")
        assert sequence() == 1
        late_sequenced.set()
        return id_

    first, second = own_database.together(early, late)
    assert first < second
    assert sequence() == 1
    assert list(AuditLeaf.objects.order_by("seq").values_list("event_id", flat=True)) == [second, first]


@pytest.mark.postgres
def test_writers_do_not_wait_for_a_sequencer_in_its_transaction(own_database: OwnDatabase) -> None:
    record(action="referral.note", target="Referral/1", actor="Membership/1")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE audit_log, audit_leaf, audit_node, audit_checkpoint IN ACCESS EXCLUSIVE MODE")
        (written,) = own_database.together(
            lambda: record(action="referral.note", target="Referral/2", actor="Membership/1")
        )
    assert isinstance(written, UUID)
    assert PendingEvent.objects.filter(pk=written).exists()
