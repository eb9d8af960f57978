"""Verify: recompute the whole log from its stored bytes, as ``audit_verify`` does."""

import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from audit import exporting, signer
from audit.canonical import Event, encode
from audit.models import AuditEvent, PendingEvent
from audit.outcome import Outcome
from audit.sequencer import sequence
from audit.standalone.policy import policy
from audit.standalone.reading import verify as verify_file
from audit.uuid7 import moment, uuid7
from audit.verify import verify
from audit.witnesses import as_policy
from tests.bench import clocks
from tests.bench.figures import Figure
from tests.bench.suites import Run

EVENTS = 300_000
BATCH = 5_000
ROUNDS = 3


def measure(run: Run) -> Iterator[Figure]:
    """Fill a log, sequence it, verify it three times; the median counts."""
    events = EVENTS // 10 if run.quick else EVENTS
    began = time.monotonic()
    for first in range(0, events, BATCH):
        _record(min(BATCH, events - first))
    run.say(f"{events:,} events recorded in {time.monotonic() - began:.0f} s")
    while sequence():
        pass
    run.say(f"sequenced after {time.monotonic() - began:.0f} s")
    rounds = sorted(_verified() for _ in range(ROUNDS))
    cpu, wall, size = rounds[ROUNDS // 2]
    yield Figure(name="verify: per app core", value=size / cpu, unit="/s", n=size)
    yield Figure(name="verify: wall", value=size / wall, unit="/s", n=size)
    exported = sorted(_exported() for _ in range(ROUNDS))
    yield Figure(name="verify: an export, per core", value=size / exported[ROUNDS // 2], unit="/s", n=size)
    yield Figure(name="verify: (yardstick)", value=clocks.yardstick() * 1000, unit="ms", n=1)


def _verified() -> tuple[float, float, int]:
    """Seconds of CPU and on the wall, and the leaves verified."""
    key = signer.load()
    began, used = time.perf_counter(), time.process_time()
    report = verify(name=key.name, public=key.public)
    cpu, wall = time.process_time() - used, time.perf_counter() - began
    if not report.ok:
        raise RuntimeError(f"The log does not verify: {report.first_bad}")
    return cpu, wall, report.size


def _exported() -> float:
    """Seconds of CPU that the program for whoever has no hub takes for the whole log."""
    rules = policy(as_policy())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        with path.open("wb") as file:
            file.writelines(exporting.whole())
        used = time.process_time()
        report = verify_file(path, rules)
        used = time.process_time() - used
    if not report.ok:
        raise RuntimeError(f"The export does not verify: {report.first_bad}")
    return used


def _record(count: int) -> None:
    """Write ``count`` events as ``log.record`` would: every third one an act on a referral, the rest reads."""
    events = [_event(number) for number in range(count)]
    AuditEvent.objects.bulk_create(_row(event) for event in events)
    PendingEvent.objects.bulk_create(PendingEvent(event_id=event.id) for event in events)


def _event(number: int) -> Event:
    act = number % 3 == 0
    return Event(
        id=uuid7(),
        door="web",
        request_id=f"{number:032x}",
        actor=f"Membership/{UUID(int=number % 97)}",
        agency=str(UUID(int=number % 50)),
        action="task.accept" if act else "referral.open",
        target=f"Referral/{UUID(int=number % 9973)}",
        outcome=Outcome.SUCCESS,
        code="",
        purpose="COC",
        digest=f"{number:06d}.{sha256(bytes([number % 251])).hexdigest()}" if act else "",
        detail="",
    )


def _row(event: Event) -> AuditEvent:
    return AuditEvent(
        id=event.id,
        at=moment(event.id),
        door=event.door,
        request_id=event.request_id,
        actor=event.actor,
        agency=event.agency,
        action=event.action,
        target=event.target,
        outcome=event.outcome,
        code=event.code,
        purpose=event.purpose,
        digest=event.digest,
        body=encode(event),
    )
