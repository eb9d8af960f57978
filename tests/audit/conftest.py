"""A log under a key of its own for every test here."""

from collections.abc import Callable
from uuid import UUID

import pytest

from audit.log import record
from audit.sequencer import sequence
from tests.audit.signing import LogKey

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
