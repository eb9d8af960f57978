"""What the verifier makes of the database's rows: an event's columns must say what its bytes say. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import repeat
from typing import Any

from audit.standalone.events import GRAPHIC, LINES, VERSION, lines_fault
from audit.standalone.faults import Fault

FIELDS = 81

# One leaf and its event as stored: seq, leaf hash, id in 32 hex digits, ``YYYY-MM-DD HH:MM:SS[.ffffff]``, body, and
# the columns door to digest in the order of the body, some or all joined by line ends. What is gone is None.
Row = tuple[Any, ...]


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
    together = b"\n".join(bodies)
    lines = together.split(b"\n")
    whole = [body.count(b"\n") for body in bodies] == [LINES - 1] * len(bodies)
    if not whole or together.translate(None, GRAPHIC) or lines[::LINES] != [VERSION] * len(bodies):
        return made, Fault.BODY
    return made, lines_fault(lines) or _projection_fault(bodies, lines, rows)


def _projection_fault(bodies: Sequence[bytes], lines: Sequence[bytes], rows: Sequence[Row]) -> Fault | None:
    try:
        fields = ["\n".join(row[5:]) + "\n" for row in rows]
    except TypeError:  # a NULL, or in SQLite a value that is not text: no search would find it
        return Fault.PROJECTION
    ids, times = b"\n".join(lines[1::LINES]).decode().replace("-", ""), b"\n".join(lines[2::LINES]).decode()
    same = [row[2] for row in rows] == ids.split("\n") and [row[3] for row in rows] == in_columns(times).split("\n")
    texts = [body.decode() for body in bodies]
    return None if same and all(map(str.startswith, texts, fields, repeat(FIELDS))) else Fault.PROJECTION


def in_columns(times: str) -> str:
    """Return times of events as the engines spell them in a column: no fraction of zero."""
    return times.replace("T", " ").replace(".000Z", "").replace("Z", "000")
