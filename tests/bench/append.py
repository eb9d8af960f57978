"""Append: a light row and its audit event in one transaction, by four processes at once; then how far the log lags."""

import json
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from agencies.kinds import AgencyKind
from agencies.services import open_agency
from audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, PendingEvent
from audit.sequencer import sequence
from tests.bench import clocks
from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.bench.traffic import SETUP
from tests.databases import ROOT

Writer = subprocess.Popen[str]
WRITERS = 4
PACE = 1000  # events a second, all writers together, while the lag is measured


def measure(run: Run) -> Iterator[Figure]:
    """First as fast as it goes, without a sequencer; then at the budget's pace, with one."""
    open_agency(by=SETUP, slug="bhu", name="BHU", kind=AgencyKind.BHU.value)
    seconds = 4.0 if run.quick else 15.0
    yield from _flat_out(seconds)
    yield from _sequencing()
    yield from _lag(seconds)


def _flat_out(seconds: float) -> Iterator[Figure]:
    with _writers(seconds, per_second=0) as writers:
        host = clocks.host_cpu()
        ends = _written(writers)
        busy = None if host is None else (clocks.host_cpu() or 0.0) - host
    done, cpu = int(sum(end["done"] for end in ends)), sum(end["cpu"] for end in ends)
    rate = sum(end["done"] / end["wall"] for end in ends)
    yield Figure(name="append: with its action", value=rate, unit="/s", n=done)
    yield Figure(name="append: per app core", value=done / cpu, unit="/s", n=done)
    if busy is not None:
        others = (busy - cpu) / seconds
        yield Figure(name="append: (cores database and others used)", value=others, unit="cores", n=1)
    yield Figure(name="append: (yardstick)", value=clocks.yardstick() * 1000, unit="ms", n=1)


def _sequencing() -> Iterator[Figure]:
    """What the sequencer can do alone, with what the writers left behind."""
    used, done = time.process_time(), 0
    while taken := sequence():
        done += taken
    yield Figure(name="append: sequenced per app core", value=done / (time.process_time() - used), unit="/s", n=done)


def _lag(seconds: float) -> Iterator[Figure]:
    """From an event's id, made before its commit, to the signing of the checkpoint that holds it."""
    after = AuditEvent.objects.order_by("id").values_list("id", flat=True).last()
    with _sequencer(), _writers(seconds, per_second=PACE / WRITERS) as writers:
        ends = _written(writers)
        _wait_until_sequenced()
    heads = list(AuditCheckpoint.objects.order_by("size").values_list("size", "at"))
    sizes = [size for size, _ in heads]
    times: dict[object, datetime] = dict(AuditEvent.objects.filter(id__gt=after).values_list("id", "at"))
    lags = [
        (heads[bisect_right(sizes, seq)][1] - times[event_id]).total_seconds()
        for seq, event_id in AuditLeaf.objects.filter(event_id__gt=after).values_list("seq", "event_id").iterator()
    ]
    paced = sum(end["done"] / end["wall"] for end in ends)
    yield Figure(name="append: paced while lag was measured", value=paced, unit="/s", n=len(lags))
    yield Figure(name="append: sequencer lag median", value=clocks.percentile(lags, 50), unit="s", n=len(lags))
    yield Figure(name="append: sequencer lag p99", value=clocks.percentile(lags, 99), unit="s", n=len(lags))


@contextmanager
def _writers(seconds: float, *, per_second: float) -> Iterator[list[Writer]]:
    """Processes that are set up and wait for the word."""
    command = [sys.executable, "-m", "tests.bench.writer", str(seconds), str(per_second)]
    with ExitStack() as ending:
        writers = [
            ending.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            for _ in range(WRITERS)
        ]
        for writer in writers:
            if writer.stdout is None or writer.stdout.readline() != "ready\n":
                raise RuntimeError("A writer did not start.")
        yield writers


def _written(writers: list[Writer]) -> list[dict[str, float]]:
    """Let all loose at the same moment; what each says at its end."""
    for writer in writers:
        if writer.stdin is not None:
            writer.stdin.write("go\n")
            writer.stdin.flush()
    outputs = [writer.communicate()[0] for writer in writers]
    if any(writer.returncode for writer in writers):
        raise RuntimeError("A writer failed.")
    return [json.loads(output) for output in outputs]


@contextmanager
def _sequencer() -> Iterator[None]:
    """The sequencer as ``up`` runs it, in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "django", "audit_sequence"], cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_sequenced(limit: float = 120.0) -> None:
    began = time.monotonic()
    while PendingEvent.objects.exists():
        if time.monotonic() > began + limit:
            raise RuntimeError(f"Events wait for longer than {limit:.0f} s.")
        time.sleep(0.1)
