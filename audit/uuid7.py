"""Primary keys whose order is the order of time (UUID version 7, RFC 9562 §5.7)."""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
CLOCK_SET_BACK = 10_000
VERSION_AND_VARIANT = 7 << 76 | 2 << 62
COUNTER_END = 1 << 12

clock: Callable[[], int] = time.time_ns
"""Nanoseconds since 1970 by the machine. Only an invented history puts another in its place, while it is written."""

_lock = threading.Lock()
_last = (0, 0)


def uuid7() -> UUID:
    """Return a new id, greater than every id this process made before.

    The twelve bits after the millisecond are a counter that starts at random below its middle (RFC 9562
    §6.2 method 1); the last 62 bits are fresh randomness, so processes and forks never meet. A clock set
    back by less than ten seconds is waited out; one set back further is believed, and order restarts there.
    """
    random = int.from_bytes(os.urandom(10), "big")
    with _lock:
        millisecond, counter = _next(clock() // 1_000_000, random >> 69)
    return _build(millisecond, counter, random & (1 << 62) - 1)


def _next(now: int, start: int) -> tuple[int, int]:
    global _last  # noqa: PLW0603  one clock per process, held under the lock
    millisecond, counter = _last
    if now > millisecond or now < millisecond - CLOCK_SET_BACK:
        _last = now, start
    elif counter + 1 < COUNTER_END:
        _last = millisecond, counter + 1
    else:
        _last = millisecond + 1, start
    return _last


def _build(millisecond: int, counter: int, random: int) -> UUID:
    return UUID(int=millisecond << 80 | counter << 64 | random | VERSION_AND_VARIANT)


def uuid7_floor(at: datetime) -> UUID:
    """Return the smallest id of the millisecond of ``at`` (aware): a bound for ranges of ids; none is before 1970."""
    return _build(max(0, (at - EPOCH) // MILLISECOND), 0, 0)


def moment(id: UUID) -> datetime:  # noqa: A002  it is the id
    """Return the millisecond an id was made in, UTC. Raises OverflowError beyond the year 9999."""
    return EPOCH + (id.int >> 80) * MILLISECOND
