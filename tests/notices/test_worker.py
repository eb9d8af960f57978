"""The real worker, rung for by the real broker, sends; nothing of a client is in its lines or in the broker's files."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from celery import Celery

from bhu.celery import transport
from bhu.setup.up import BACKGROUND
from referrals.acts import Send
from referrals.notices.models import Delivery
from referrals.perform import perform
from tests.county import CANARIES, SCREEN, bundle_of, make_county
from tests.databases import OwnDatabase
from tests.notices.sinks import MailSink

RINGS = ("referrals.notices.tasks.address", "referrals.notices.tasks.mail", "referrals.notices.tasks.climb")


def until(condition: Callable[[], object], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return bool(condition())


def rings(url: str, *names: str) -> None:
    with Celery("ringer", broker=url, set_as_current=False) as ringer:
        ringer.conf.update(transport(url))
        for name in names:
            ringer.send_task(name, queue="celery")


def test_a_killed_worker_is_followed_by_one_that_sends_and_no_file_or_line_holds_a_client(
    own_database: OwnDatabase, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = own_database.var
    county = make_county()
    perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))])
    lines = tmp_path / "lines"
    with MailSink() as sink, lines.open("wb") as written:
        env = {**own_database.env, "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "BHU_LOG_LEVEL": "DEBUG"}
        rings("filesystem://", *RINGS)
        kept = b"".join(path.read_bytes() for path in (own_database.var / "broker").rglob("*") if path.is_file())
        killed = worker(env, written)
        killed.kill()
        killed.wait(10)
        following = worker(env, written)
        try:
            assert until(lambda: ring_and_look(sink))
        finally:
            following.terminate()
            following.wait(30)
        assert {name for name, _ in sink.received} == {"clinician@bhu.example.org", "coordinator@bhu.example.org"}
    assert Delivery.objects.filter(channel="page").count() == 2
    said = lines.read_bytes() + kept + b"".join(sink.raw)
    assert b"notices" in said
    assert [canary for canary in CANARIES if canary.encode() in said] == []


def worker(env: dict[str, str], written: Any) -> subprocess.Popen[bytes]:
    command = [*BACKGROUND["worker"], f"--hostname=test-{uuid4().hex[:6]}"]
    return subprocess.Popen(command, env=env, stdout=written, stderr=written)


def ring_and_look(sink: MailSink) -> bool:
    """What beat does every few seconds."""
    rings("filesystem://", *RINGS)
    time.sleep(1)
    return len(sink.received) >= 2
