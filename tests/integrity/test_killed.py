"""A process killed in the middle of sending leaves each referral wholly there or not at all."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from django.db import connection, connections

from agencies.vault.shred.models import ShredSecret
from referrals.acts import Send
from referrals.models import Referral
from referrals.perform import perform
from tests.county import SCREEN, County, bundle_of, make_county
from tests.databases import OwnDatabase
from tests.integrity.whole import require_whole

FORK = multiprocessing.get_context("fork")
KILLS = {"sqlite": 20, "postgresql": 12}
LATEST = 0.06  # seconds into its sends; one takes about 0.03


def send(county: County, number: int, data: bytes) -> None:
    """Send a bundle under a key of its own: the same bundle again is the same referral."""
    perform(county.officer, [Send(data=data, to=(county.bhu.id,))], key=f"send-{number}")


def keep_sending(county: County, bundles: Sequence[tuple[int, bytes]], tell: Connection) -> None:
    for number, data in bundles:
        tell.send_bytes(b"begun")
        send(county, number, data)
        tell.send_bytes(b"done")


def killed_while_sending(county: County, bundles: Sequence[tuple[int, bytes]], after: float) -> tuple[int, int]:
    """Start a process that sends the bundles in turn and kill it so many seconds later: sends begun, sends done."""
    connections.close_all()
    hear, tell = FORK.Pipe(duplex=False)
    process = FORK.Process(target=keep_sending, args=(county, bundles, tell))
    process.start()
    tell.close()
    told = [hear.recv_bytes()]
    time.sleep(after)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    while hear.poll():
        try:
            told.append(hear.recv_bytes())
        except EOFError:
            break
    return told.count(b"begun"), told.count(b"done")


def test_a_sender_killed_at_any_moment_leaves_no_half_of_a_referral(own_database: OwnDatabase) -> None:
    county = make_county()
    bundles = [(number, bundle_of(SCREEN)) for number in range(200)]
    send(county, *bundles[0])  # what is loaded once is loaded before the processes start
    chance, at, cut = random.Random(20261122), 0, 0
    for _ in range(KILLS[connection.vendor]):
        begun, done = killed_while_sending(county, bundles[at:], chance.uniform(0, LATEST))
        at, cut = at + done, cut + begun - done
    assert cut > KILLS[connection.vendor] // 2  # it was the middle of a send that most kills hit
    assert ShredSecret.objects.count() >= Referral.objects.count() >= at
    for numbered in bundles[: at + 1]:
        send(county, *numbered)
    require_whole(county, keys=at + 1)
