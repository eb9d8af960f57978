"""What the verifier makes of the database's rows: an event's columns must say what its bytes say. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import repeat
from typing import Any

from audit.standalone.events import GRAPHIC, LINES, VERSION, lines_fault
from audit.standalone.faults import Fault

ID, AT, FIELDS = slice(19, 55), slice(56, 80), 81

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
    return made, _form_fault(bodies) or _projection_fault(bodies, rows)


def _form_fault(bodies: Sequence[bytes]) -> Fault | None:
    together = b"\n".join(bodies)
    lines = together.split(b"\n")
    whole = [body.count(b"\n") for body in bodies] == [LINES - 1] * len(bodies)
    if not whole or together.translate(None, GRAPHIC) or lines[::LINES] != [VERSION] * len(bodies):
        return Fault.BODY
    return lines_fault(lines)


def _projection_fault(bodies: Sequence[bytes], rows: Sequence[Row]) -> Fault | None:
    texts = [body.decode("ascii") for body in bodies]
    try:
        fields = ["\n".join(row[5:]) + "\n" for row in rows]
    except TypeError:  # a NULL, or in SQLite a value that is not text: no search would find it
        return Fault.PROJECTION
    ids, at = [text[ID].replace("-", "") for text in texts], [in_column(text[AT]) for text in texts]
    same = [row[2] for row in rows] == ids and [row[3] for row in rows] == at
    return None if same and all(map(str.startswith, texts, fields, repeat(FIELDS))) else Fault.PROJECTION


def in_column(at: str) -> str:
    """Return a time of an event as the engines spell it in a column: no fraction of zero."""
    day, time, fraction = at[:10], at[11:19], at[20:23]
    return f"{day} {time}" if fraction == "000" else f"{day} {time}.{fraction}000"
