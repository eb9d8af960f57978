"""The data keys one recipient may have, as one canonical byte string. Pure.

``01 | count 2`` then, in ascending order, per key ``compartment 1 | audience 16 | epoch 4 | key 32``; the audience is
a task's UUID, or the nil UUID for all participants. One set of keys has one encoding.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID

from fhir.content.compartments import Compartment

from .errors import CannotOpen
from .seal import KEY_BYTES

VERSION = b"\x01"
HEAD = 3
ROW = 1 + 16 + 4 + KEY_BYTES
EVERYBODY = UUID(int=0)

# Written down, not counted off the enum: stored bytes must not change meaning when a compartment is added.
NUMBERS: Mapping[Compartment, int] = MappingProxyType(
    {
        Compartment.REQUEST: 1,
        Compartment.CONTACT: 2,
        Compartment.INCIDENT: 3,
        Compartment.CLINICAL: 4,
        Compartment.SUD: 5,
        Compartment.TRANSPORT: 6,
        Compartment.OUTCOME: 7,
    }
)
BY_NUMBER = MappingProxyType({number: compartment for compartment, number in NUMBERS.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """The key of one compartment for one audience (a task, or None for all participants) in one epoch."""

    compartment: Compartment
    audience: UUID | None
    epoch: int
    dek: bytes = field(repr=False)


def encode(keys: Iterable[DataKey]) -> bytes:
    """The one encoding of these keys. Raises ``ValueError`` for none, for two of one place, for a bad key length."""
    rows = sorted(_row(key) for key in keys)
    places = {row[:-KEY_BYTES] for row in rows}
    if not rows or len(places) != len(rows):
        raise ValueError("A bundle holds at least one key, and one key per place.")
    return VERSION + len(rows).to_bytes(2, "big") + b"".join(rows)


def parse(encoded: bytes) -> tuple[DataKey, ...]:
    """The keys of a bundle. Raises ``CannotOpen`` for anything ``encode`` would not have written."""
    try:
        keys = tuple(_key(encoded[at : at + ROW]) for at in range(HEAD, len(encoded), ROW))
        canonical = encode(keys) == encoded
    except (KeyError, ValueError):
        raise CannotOpen from None
    if not canonical:
        raise CannotOpen
    return keys


def _row(key: DataKey) -> bytes:
    if len(key.dek) != KEY_BYTES or key.audience == EVERYBODY:
        raise ValueError("A data key has 32 bytes, and an audience is a task or None.")
    audience = key.audience or EVERYBODY
    return bytes([NUMBERS[key.compartment]]) + audience.bytes + key.epoch.to_bytes(4, "big") + key.dek


def _key(row: bytes) -> DataKey:
    if len(row) != ROW:
        raise ValueError("A bundle ends with a whole row.")
    audience = UUID(bytes=row[1:17])
    return DataKey(
        compartment=BY_NUMBER[row[0]],
        audience=None if audience == EVERYBODY else audience,
        epoch=int.from_bytes(row[17:21], "big"),
        dek=row[21:],
    )
