"""The bytes of a bundle of data keys: one encoding, read strictly."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from agencies.vault import bundles
from agencies.vault.bundles import DataKey
from agencies.vault.errors import CannotOpen
from fhir.content.compartments import Compartment

VECTOR = json.loads(Path("tests/vectors/bundle.json").read_text())
KEYS = [
    DataKey(
        compartment=Compartment(compartment),
        audience=UUID(audience) if audience else None,
        epoch=epoch,
        dek=bytes.fromhex(dek),
    )
    for compartment, audience, epoch, dek in VECTOR["keys"]
]
ENCODED = bytes.fromhex(VECTOR["encoded"])


def test_keys_have_one_encoding_in_any_order():
    assert bundles.encode(KEYS) == bundles.encode(reversed(KEYS)) == ENCODED


def test_a_bundle_reads_back_as_the_same_keys():
    assert set(bundles.parse(ENCODED)) == set(KEYS)


def test_the_encoding_is_the_written_one():
    numbers = {"request": 1, "contact": 2}
    rows = sorted(
        bytes([numbers[compartment]]) + UUID(audience or "0" * 32).bytes + epoch.to_bytes(4, "big") + bytes.fromhex(dek)
        for compartment, audience, epoch, dek in VECTOR["keys"]
    )
    assert b"\x01\x00\x03" + b"".join(rows) == ENCODED


def test_every_compartment_has_a_number_of_its_own():
    assert set(bundles.NUMBERS) == set(Compartment)
    assert len(set(bundles.NUMBERS.values())) == len(Compartment)


def test_a_key_is_not_shown_when_printed():
    assert KEYS[0].dek.hex() not in repr(KEYS[0])
    assert str(KEYS[0].dek) not in repr(KEYS[0])


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [KEYS[0], KEYS[0]],
        [
            KEYS[0],
            DataKey(compartment=KEYS[0].compartment, audience=KEYS[0].audience, epoch=KEYS[0].epoch, dek=bytes(32)),
        ],
        [DataKey(compartment=Compartment.SUD, audience=None, epoch=1, dek=bytes(16))],
        [DataKey(compartment=Compartment.SUD, audience=UUID(int=0), epoch=1, dek=bytes(32))],
    ],
    ids=["none", "twice", "two of one place", "short key", "nil audience"],
)
def test_keys_that_make_no_sense_are_not_encoded(keys):
    with pytest.raises(ValueError):  # noqa: PT011  any reason will do
        bundles.encode(keys)


ROW = bundles.ROW
FIRST, SECOND = ENCODED[3 : 3 + ROW], ENCODED[3 + ROW : 3 + 2 * ROW]


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        ENCODED[:2],
        b"\x01\x00\x00",
        ENCODED[:-1],
        ENCODED + b"\0",
        ENCODED + bytes(ROW),
        b"\x02" + ENCODED[1:],
        b"\x01\x00\x02" + ENCODED[3:],
        b"\x01\x00\x02" + SECOND + FIRST,
        b"\x01\x00\x02" + FIRST + FIRST,
        b"\x01\x00\x01" + b"\x09" + FIRST[1:],
    ],
)
def test_any_other_bytes_are_refused(encoded):
    with pytest.raises(CannotOpen):
        bundles.parse(encoded)
