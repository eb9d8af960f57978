"""Sequencers against each other, against writers, and killed: no event lost, none twice, nothing held."""

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from audit import exporting, witnesses
from audit.log import record
from audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, PendingEvent
from audit.sequencer import sequence
from audit.standalone.policy import policy
from audit.standalone.reading import verify as verify_file
from audit.verify import verify
from audit.witnessing import ask_all
from bhu.cosigning import post
from tests.audit.neighbours import Neighbour
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


SECONDS = 60
WRITERS = 8


@pytest.mark.drill
def test_eight_writers_while_sequencer_and_witness_are_killed_for_a_minute(
    own_database: OwnDatabase, settings: Any, tmp_path: Path, record_property: Any
) -> None:
    """Nothing lost, nothing twice, no gap, and at the end every event is vouched for by what the witness remembers."""
    settings.AUDIT_SIGNER = (
        "agencies.vault.roots.log_signer"  # the processes beside us sign with the installation's key
    )
    log = witnesses.log_key().text()
    there = Neighbour(tmp_path / "alder", "alder", log=log)
    process = there.start()
    policy_ = tmp_path / "policy"
    policy_.write_text(f"log {log}\n{there.line}quorum alder\n")
    settings.BHU_WITNESSES = str(policy_)
    stop, chance, troubles = threading.Event(), random.Random(5), list[str]()

    def kill_sequencers() -> subprocess.CompletedProcess[str]:
        try:
            ends = time.monotonic() + SECONDS
            while time.monotonic() < ends:
                killed = run(own_database, "-m", "tests.audit.sequencers", "10", str(chance.randrange(1000)))
                if killed.returncode:
                    break
            return killed
        finally:
            stop.set()

    def kill_witnesses() -> int:
        nonlocal process
        kills = 0
        while not stop.wait(chance.uniform(0, 0.4)):
            there.kill(process)
            process = there.start()
            kills += 1
        return kills

    def have_it_cosigned() -> None:
        while not stop.wait(0.05):
            troubles.extend(ask_all(post).values())

    *kept, killed, kills, asked = own_database.together(
        *[lambda: writer(stop)] * WRITERS, kill_sequencers, kill_witnesses, have_it_cosigned
    )
    try:
        assert killed.returncode == 0, killed.stderr
        assert asked is None, asked
        written = [id_ for ids in kept for id_ in ids]
        while sequence():
            pass
        assert ask_all(post) == {"alder": ""}
        while sequence():
            pass
        told = AuditEvent.objects.filter(action="audit.witness").values_list("pk", flat=True)
        assert sorted(AuditLeaf.objects.values_list("event_id", flat=True)) == sorted([*written, *told])
        assert {*troubles} <= {"", "silent"}
        assert kills > 10
        export = tmp_path / "log.jsonl"
        export.write_bytes(b"".join(exporting.whole()))
        report = verify_file(export, policy(policy_.read_text()))
        assert report.ok
        assert report.cosigned >= len(written)
        record_property("events", len(written))
        record_property("witness kills", kills)
        assert there.evidence() == []
    finally:
        there.kill(process)
    report = json.loads(run(own_database, "-m", "django", "audit_verify", "--json").stdout)
    assert (report["ok"], report["unsequenced"]) == (True, 0)


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
