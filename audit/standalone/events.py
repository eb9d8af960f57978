"""The one form of an event, and its hash, written a second time on purpose: a mistake that the writing side and the
verifier share would verify. Standard library only.
"""

import re
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from audit.standalone.faults import Fault

LINES = 14
VERSION = b"bhu/audit/event/v1"
GRAPHIC = bytes(range(0x21, 0x7F)) + b"\n"
LONGEST = 128
NEEDED = (3, 5, 7, 8)  # door, actor, action, target
FREE = (3, 4, 5, 6, 7, 8, 10, 11)  # door to target, code and purpose: the others have a form, and with it a length
OUTCOMES = {b"0", b"4", b"8", b"12"}
DIGEST = re.compile(rb"[0-9]{6}\.[0-9a-f]{64}")
DETAIL = re.compile(rb"[0-9a-f]{64}")
DASHES = (8, 13, 18, 23)
LAST_SECOND = 253402300799  # of the year 9999
THOUSANDTHS = tuple(b".%03dZ" % number for number in range(1000))


class _Seconds(dict[int, bytes]):
    """A second since 1970 as an event writes it. Looked up, because writing it takes as long as hashing an event."""

    def __missing__(self, second: int) -> bytes:
        if len(self) > 1 << 16:
            self.clear()
        known = second <= LAST_SECOND
        made = self[second] = (
            datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode() if known else b""
        )
        return made


SECONDS = _Seconds()


def lines_fault(lines: Sequence[bytes]) -> Fault | None:
    """Say what is wrong with events whose lines follow each other, if anything; the first of each is not looked at.

    One check after the other, each of all events: that is quicker than event after event.
    """
    return columns_fault([lines[place::LINES] for place in range(LINES)])


def columns_fault(columns: Sequence[Sequence[bytes]]) -> Fault | None:
    """The same of events by their columns, all of one length and not none. What has no form may be too long."""
    if any(max(map(len, columns[place])) > LONGEST for place in FREE):
        return Fault.BODY
    if not all(all(columns[place]) for place in NEEDED):
        return Fault.BODY
    forms = ((DIGEST, columns[12]), (DETAIL, columns[13]))
    if not {*columns[9]} <= OUTCOMES or not all(all(map(form.fullmatch, filter(None, cells))) for form, cells in forms):
        return Fault.BODY
    milliseconds = _milliseconds(columns[1])
    if milliseconds is None:
        return Fault.BODY
    written = [SECONDS[second] + THOUSANDTHS[rest] for second, rest in [divmod(each, 1000) for each in milliseconds]]
    return None if written == columns[2] else Fault.CLOCK


def _milliseconds(ids: Sequence[bytes]) -> list[int] | None:
    """The milliseconds since 1970 in UUIDs of version 7, in lower case; None if one is no such thing."""
    if {*map(len, ids)} != {36}:
        return None
    text, count = b"".join(ids), len(ids)
    dashed = all(text[place::36] == b"-" * count for place in DASHES) and text.count(b"-") == 4 * count
    if not dashed or text[14::36] != b"7" * count or text[19::36].translate(None, b"89ab"):
        return None
    if text.translate(None, b"0123456789abcdef-"):
        return None
    numbers = struct.unpack(">" + "Q8x" * count, bytes.fromhex(text.replace(b"-", b"").decode()))
    return [number >> 16 for number in numbers]


def event_fault(body: bytes) -> Fault | None:
    """Say what is wrong with the bytes of one event, if anything."""
    lines = body.split(b"\n")
    if len(lines) != LINES or lines[0] != VERSION or body.translate(None, GRAPHIC):
        return Fault.BODY
    return lines_fault(lines)


def leaf_hash(body: bytes) -> bytes:
    """Return the hash of an event's bytes."""
    return sha256(b"\x00" + body).digest()
