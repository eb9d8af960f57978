"""A real worker on a real broker does a job that was rung for, also when the worker is killed in the middle."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from celery import Celery
from django.utils import timezone
from kombu import Connection

from agencies.kinds import AgencyKind
from agencies.models import Agency
from agencies.vault.shred import secrets
from agencies.vault.shred.models import ShredSecret
from audit.uuid7 import uuid7
from bhu.celery import transport
from bhu.setup.up import BACKGROUND
from referrals import tasks
from referrals.models import Folder, FolderKind
from tests.databases import OwnDatabase

SWEEP = "referrals.tasks.sweep"


@pytest.fixture
def queue(rabbitmq: str) -> Iterator[str]:
    """A queue of this test alone on the shared broker."""
    name = f"test-{uuid4().hex}"
    yield name
    with Connection(rabbitmq) as connection, connection.channel() as channel:
        channel.queue_delete(name)


@contextmanager
def worker(env: dict[str, str], queue: str) -> Iterator[subprocess.Popen[bytes]]:
    """The worker that ``up`` starts, on one queue."""
    command = [*BACKGROUND["worker"], f"--queues={queue}", f"--hostname={queue}-{uuid4().hex[:6]}"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def ring(url: str, queue: str) -> None:
    """What a web process does: leave a message that names the job, and go on."""
    with Celery("ringer", broker=url, set_as_current=False) as ringer:
        ringer.conf.update(transport(url))
        ringer.send_task(SWEEP, queue=queue)


def an_orphan() -> UUID:
    """A shred secret so old that its folder will never come, among enough that have theirs."""
    long_ago = timezone.now() - tasks.ORPHAN_AGE - timedelta(days=1)
    agency = Agency.objects.create(slug="police", name="Police", kind=AgencyKind.POLICE.value)
    folders = [
        Folder(kind=FolderKind.REFERRAL.value, agency=agency, patient_id=uuid7(), created_at=long_ago)
        for _ in range(secrets.ONE_IN)
    ]
    orphan = uuid7()
    Folder.objects.bulk_create(folders)
    ShredSecret.objects.bulk_create(
        ShredSecret(folder_id=id_, secret=b"sealed", created_at=long_ago)
        for id_ in (orphan, *(row.pk for row in folders))
    )
    return orphan


def until(condition: Callable[[], object], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(condition())


def swept(folder_id: UUID) -> bool:
    return not ShredSecret.objects.filter(pk=folder_id).exists()


def test_the_embedded_broker_brings_a_ring_to_a_worker(own_database: OwnDatabase, settings: Any) -> None:
    settings.VAR_DIR = own_database.var
    orphan = an_orphan()
    with worker(own_database.env, "celery"):
        ring("filesystem://", "celery")
        assert until(lambda: swept(orphan))


@pytest.mark.rabbitmq
def test_rabbitmq_brings_a_ring_to_a_worker(own_database: OwnDatabase, rabbitmq: str, queue: str) -> None:
    env = {**own_database.env, "CELERY_BROKER_URL": rabbitmq}
    orphan = an_orphan()
    ring(rabbitmq, queue)  # nobody listens yet: the queue keeps it
    with worker(env, queue):
        assert until(lambda: swept(orphan))


@pytest.mark.rabbitmq
@pytest.mark.postgres
@pytest.mark.drill
def test_a_job_whose_worker_was_killed_is_done_by_the_next(
    own_database: OwnDatabase, rabbitmq: str, queue: str
) -> None:
    env = {**own_database.env, "CELERY_BROKER_URL": rabbitmq}
    orphan = an_orphan()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    shred = own_database.shred_url
    with psycopg.connect(shred) as holder, psycopg.connect(shred, autocommit=True) as watcher:
        holder.execute("LOCK TABLE shred_shredsecret IN ACCESS EXCLUSIVE MODE")
        ring(rabbitmq, queue)
        with worker(env, queue) as first:
            assert until(lambda: watcher.execute(waiting).fetchone() == (1,))
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        holder.rollback()
    assert not swept(orphan)
    with worker(env, queue):
        assert until(lambda: swept(orphan))
