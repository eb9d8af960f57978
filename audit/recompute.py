"""The verifier's own arithmetic: the form of an event, hashes and tree, written a second time on purpose.

It shares nothing with ``canonical`` and ``merkle``, which the writing side uses, because a bug that both
sides share would verify. Pure, standard library only.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from itertools import repeat
from typing import Any

GRAPHIC = "[!-~]{1,128}+"
MAYBE = "[!-~]{0,128}+"
FORM = re.compile(
    "bhu/audit/event/v1\n"
    "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n"
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z\n"
    f"{GRAPHIC}\n{MAYBE}\n{GRAPHIC}\n{MAYBE}\n{GRAPHIC}\n{GRAPHIC}\n"  # door to target
    f"(?:0|4|8|12)\n{MAYBE}\n{MAYBE}\n"  # outcome, code, purpose
    "(?:[0-9]{6}[.][0-9a-f]{64})?\n(?:[0-9a-f]{64})?"  # digest, detail
)
ID, AT, FIELDS = slice(19, 55), slice(56, 80), 81
LAST_MINUTE = 253402300799 // 60  # of the year 9999
# Looked up, because to format a number takes as long as to hash an event.
TWO_DIGITS = tuple(f"{number:02d}" for number in range(60))
THREE_DIGITS = tuple(f"{number:03d}" for number in range(1000))

# One leaf and its event as stored: seq, leaf hash, id in 32 hex digits, ``YYYY-MM-DD HH:MM:SS[.ffffff]``, body, and
# the columns door to digest in the order of the body, some or all joined by line ends. What is gone is None.
Row = tuple[Any, ...]


class Fault(StrEnum):
    """What is wrong at a bad place."""

    GAP = "gap"  # leaves are not numbered 0, 1, 2, ...
    MISSING = "missing"  # a leaf whose event is gone
    HASH = "hash"  # an event or its leaf was changed or swapped
    BODY = "body"  # the bytes are not the one form of an event
    CLOCK = "clock"  # the time is not the one in the id
    PROJECTION = "projection"  # the columns do not say what the bytes say
    NODE = "node"  # a stored node is wrong, missing or too many
    CHECKPOINT = "checkpoint"  # a tree head is not the tree's, or leaves lie beyond the last one
    SIGNATURE = "signature"  # a tree head is not signed by the log's key
    DUPLICATE = "duplicate"  # an event with two leaves
    STRAY = "stray"  # an event neither sequenced nor pending: written past the log
    PENDING = "pending"  # a pending row without its event, or of a sequenced one
    DETAIL = "detail"  # sealed detail that is not what its event says


def examine(row: Row) -> tuple[bytes, Fault | None]:
    """Return a row's leaf hash, recomputed, and what is wrong with the row, if anything."""
    made, fault = examine_all([row])
    return made[0] if made else b"", fault


def examine_all(rows: Sequence[Row]) -> tuple[list[bytes], Fault | None]:
    """Return the rows' leaf hashes, recomputed, and a fault if any row has one; which row, ``examine`` tells.

    One check after the other, each of all rows: that is quicker than row after row.
    """
    bodies = [row[4] for row in rows]
    if {*map(type, bodies)} != {bytes}:
        return [], Fault.MISSING if rows[0][2] is None else Fault.BODY
    made = [sha256(b"\x00" + body).digest() for body in bodies]
    if made != [row[1] for row in rows]:
        return made, Fault.HASH
    texts = [body.decode("latin-1") for body in bodies]
    if not all(map(FORM.fullmatch, texts)):
        return made, Fault.BODY
    return made, _projection_fault(texts, rows)


def _projection_fault(texts: Sequence[str], rows: Sequence[Row]) -> Fault | None:
    ids = [text[ID].replace("-", "") for text in texts]
    in_body, in_column = map(list, zip(*map(clock, ids), strict=True))
    if [text[AT] for text in texts] != in_body:
        return Fault.CLOCK
    try:
        fields = ["\n".join(row[5:]) + "\n" for row in rows]
    except TypeError:  # a NULL, or in SQLite a value that is not text: no search would find it
        return Fault.PROJECTION
    same = [row[2] for row in rows] == ids and [row[3] for row in rows] == in_column
    return None if same and all(map(str.startswith, texts, fields, repeat(FIELDS))) else Fault.PROJECTION


def clock(id_: str) -> tuple[str, str]:
    """Return the time in a UUIDv7 (32 hex digits) as a body writes it and as a row has it: no fraction of zero."""
    minute, rest = divmod(int(id_[:12], 16), 60_000)
    if minute > LAST_MINUTE:
        return "", ""
    in_body, in_column = _minute(minute)
    second, fraction = TWO_DIGITS[rest // 1000], THREE_DIGITS[rest % 1000]
    in_column = f"{in_column}:{second}" if fraction == "000" else f"{in_column}:{second}.{fraction}000"
    return f"{in_body}:{second}.{fraction}Z", in_column


@lru_cache(maxsize=64)
def _minute(number: int) -> tuple[str, str]:
    moment = datetime.fromtimestamp(number * 60, UTC).replace(tzinfo=None)
    return moment.isoformat("T", "minutes"), moment.isoformat(" ", "minutes")


class Tree:
    """A tree that grows by any number of leaves; per level it keeps the one hash still without a partner."""

    def __init__(self) -> None:
        self.size = 0
        self.single: list[bytes | None] = []

    def grow(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """Append leaf hashes; return the hashes of the subtrees this completes, from level 1 upwards."""
        self.size += len(leaves)
        row, made, level = list(leaves), list[list[bytes]](), 0
        while row:
            if level == len(self.single):
                self.single.append(None)
            if (waiting := self.single[level]) is not None:
                row = [waiting, *row]
            self.single[level] = row[-1] if len(row) % 2 else None
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
            made.append(row)
            level += 1
        return made

    def root(self) -> bytes:
        """Return the 32-byte root at the present size."""
        root = None
        for left in self.single:
            if left is not None:
                root = left if root is None else sha256(b"\x01" + left + root).digest()
        return root or sha256(b"").digest()
