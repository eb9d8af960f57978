"""A log under a key of its own for every test here."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from audit.log import record
from audit.models import AuditCheckpoint
from audit.sequencer import sequence
from audit.standalone.notes import Key
from audit.standalone.policy import Policy, policy
from audit.witnessing import take
from tests.audit.signing import LogKey, WitnessKey

Write = Callable[[int], list[UUID]]


@pytest.fixture(autouse=True)
def key(settings) -> LogKey:
    settings.AUDIT_SIGNER = "tests.audit.signing.signer"
    return LogKey()


@pytest.fixture
def write() -> Write:
    """Record so many events; their ids."""
    return lambda count: [
        record(action="referral.accept", target=f"Referral/{number}", actor="Membership/7", agency="Agency/1", code="c")
        for number in range(count)
    ]


@pytest.fixture
def grow(write: Write) -> Write:
    """Record so many events and sequence them as one batch; their ids, which are in the order of the log."""

    def grown(count: int) -> list[UUID]:
        ids = write(count)
        assert sequence() == count
        return ids

    return grown


class Town:
    """A neighbour that cosigns whatever it is shown, and the policy that names it."""

    def __init__(self, folder: Path, log: Key, quorum: str = "town") -> None:
        self.key = WitnessKey()
        self.path = folder / "policy"
        self.text = f"log {log.text()}\nwitness town {self.key.verifier.text()}\nquorum {quorum}\n"
        self.path.write_text(self.text)

    @property
    def policy(self) -> Policy:
        return policy(self.text)

    def cosign(self) -> AuditCheckpoint:
        """Cosign the newest checkpoint; the hub keeps it."""
        newest = AuditCheckpoint.objects.order_by("size").last()
        assert newest is not None
        assert take(newest.note + self.key.line(newest.note, int(time.time()))) == ["town"]
        return newest


@pytest.fixture
def town(settings: Any, tmp_path: Path, key: LogKey) -> Town:
    made = Town(tmp_path, key.verifier)
    settings.BHU_WITNESSES = str(made.path)
    return made
