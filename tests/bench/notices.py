"""Notices: how long after a change people are told of it, and what each process of an installation takes.

A whole installation as the drill's, undisturbed: referrals come and are accepted at a pace it keeps up with.
"""

import os
import threading
import time
from collections.abc import Iterator

import psutil
from django.core.management import call_command
from django.db import connection

from agencies.vault import keyring
from referrals.notices.kinds import Channel, Status
from referrals.notices.models import Delivery
from tests.bench.clocks import percentile
from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.databases import ROOT
from tests.drill import counting
from tests.drill.load import Done, keep_asking
from tests.drill.party import Party
from tests.drill.stage import Stage, make_stage
from tests.drill.whole import brokered
from tests.notices.sinks import MailSink

SECONDS, PAUSE = 120, 2.0
MIB = 1 << 20
TOLD = {"shown": Channel.PAGE, "mailed": Channel.MAIL}


def measure(run: Run) -> Iterator[Figure]:
    """From the moment written in the change's transaction until the delivery is noted as made."""
    with MailSink() as sink, brokered(connection.vendor) as broker:
        call_command("keys_init", verbosity=0)
        stage = make_stage()
        keyring.forget()
        more = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "BHU_REQUESTS_PER_MINUTE": "1000000"}
        more |= {"CELERY_BROKER_URL": broker.url} if broker else {}
        began = time.monotonic()
        with Party({**os.environ, "PYTHONPATH": str(ROOT), **more}).running() as party:
            yield Figure(name="notices: all processes to first pages", value=time.monotonic() - began, unit="s", n=1)
            asked(stage, party, seconds=run.times(SECONDS))
            counting.settle()
            yield from _memory(party)
        yield from _latency()


def asked(stage: Stage, party: Party, *, seconds: float) -> None:
    """Send and accept for so long. Raises ``NeverAnswered``."""
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    try:
        keep_asking(stage, party.ports, Done(), stop=stop, pause=PAUSE)
    finally:
        timer.cancel()


def _latency() -> Iterator[Figure]:
    for word, channel in TOLD.items():
        made = Delivery.objects.filter(channel=channel.value, status=Status.SENT.value)
        times = made.values_list("notice__created_at", "ended_at")
        seconds = [(ended - written).total_seconds() for written, ended in times]
        for percent in (50, 99):
            name = f"notices: from change to {word}, p{percent}"
            yield Figure(name=name, value=percentile(seconds, percent), unit="s", n=len(seconds))


def _memory(party: Party) -> Iterator[Figure]:
    """Of each kind of process, with all it started, the largest: what is its own and its part of what is shared."""
    largest: dict[str, int] = {}
    for name, pid in party.pids().items():
        root = psutil.Process(pid)
        whole = sum(each.memory_full_info().pss for each in (root, *root.children(recursive=True)))
        kind = name.partition("-")[0]
        largest[kind] = max(whole, largest.get(kind, 0))
    for name, size in largest.items():
        yield Figure(name=f"notices: memory of {name}", value=size / MIB, unit="MiB", n=1)
