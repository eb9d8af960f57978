"""Sealing one section: vectors, every way to fail, and the attacks the format is there for."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from agencies.vault import contexts, seal
from agencies.vault.errors import CannotOpen
from tests.vault import oracle

VECTORS = json.loads(Path("tests/vectors/seal.json").read_text())["cases"]
DEK, SHRED = bytes([1]) * 32, bytes([2]) * 32
PLACE = contexts.context("a", "place")
SECRET = b'{"resourceType":"Patient","name":[{"family":"Example"}]}'


@pytest.fixture
def sealed():
    return seal.seal(dek=DEK, shred_secret=SHRED, plaintext=SECRET, context=PLACE)


def opened(sealed, *, dek=DEK, shred_secret=SHRED, context=PLACE):
    return seal.open_sealed(dek=dek, shred_secret=shred_secret, sealed=sealed, context=context)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_a_vector_seals_and_opens_to_the_same_bytes_for_ever(case):
    parts = {name: bytes.fromhex(case[name]) for name in ("dek", "shred_secret", "salt", "nonce", "plaintext")}
    context = contexts.context(*case["fields"])
    sealed = bytes.fromhex(case["sealed"])
    assert seal._seal(**parts, context=context) == sealed
    assert opened(sealed, dek=parts["dek"], shred_secret=parts["shred_secret"], context=context) == parts["plaintext"]


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_a_vector_opens_by_the_written_format_alone(case):
    context = oracle.framed(*(field.encode() for field in case["fields"]))
    dek, shred_secret, sealed = (bytes.fromhex(case[name]) for name in ("dek", "shred_secret", "sealed"))
    assert oracle.open_section(dek, shred_secret, sealed, context).hex() == case["plaintext"]


def test_the_same_plaintext_never_seals_to_the_same_bytes(sealed):
    again = seal.seal(dek=DEK, shred_secret=SHRED, plaintext=SECRET, context=PLACE)
    assert opened(again) == opened(sealed) == SECRET
    assert len({again, sealed}) == 2
    assert SECRET not in sealed


@pytest.mark.parametrize(
    ("_part", "at"),
    [
        *(("version", 0), ("salt", 1), ("salt", 16), ("nonce", 17), ("nonce", 28), ("commit", 29), ("commit", 60)),
        *(("body", 61), ("body", 200), ("body", -17), ("tag", -16), ("tag", -1)),
    ],
)
def test_one_flipped_bit_anywhere_does_not_open(sealed, _part, at):
    spoiled = bytearray(sealed)
    spoiled[at] ^= 1
    with pytest.raises(CannotOpen):
        opened(bytes(spoiled))


@pytest.mark.parametrize("keep", [0, 1, 61, 77, 332])
def test_a_short_blob_does_not_open(sealed, keep):
    with pytest.raises(CannotOpen):
        opened(sealed[:keep])


def test_a_blob_with_a_byte_more_does_not_open(sealed):
    with pytest.raises(CannotOpen):
        opened(sealed + b"\0")


@pytest.mark.parametrize(
    "wrong", [{"dek": bytes(32)}, {"shred_secret": bytes(32)}, {"context": contexts.context("other", "place")}]
)
def test_another_key_shred_secret_or_context_does_not_open(sealed, wrong):
    with pytest.raises(CannotOpen) as refused:
        opened(sealed, **wrong)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
    assert str(refused.value) == "This cannot be opened."


def test_two_swapped_ciphertexts_do_not_open(sealed):
    other = seal.seal(dek=DEK, shred_secret=SHRED, plaintext=SECRET, context=PLACE)
    with pytest.raises(CannotOpen):
        opened(sealed[: seal.HEAD] + other[seal.HEAD :])


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_that_is_not_32_bytes_is_refused_before_any_work(length):
    with pytest.raises(ValueError, match="32 bytes"):
        seal.seal(dek=bytes(length), shred_secret=SHRED, plaintext=b"", context=PLACE)
    with pytest.raises(ValueError, match="32 bytes"):
        seal.seal(dek=DEK, shred_secret=bytes(length), plaintext=b"", context=PLACE)


def test_a_ciphertext_crafted_to_open_under_two_keys_is_refused_under_the_second():
    """Without the commitment a sender could show the clinic one text and the police another."""
    salt, nonce, other = bytes(16), bytes(12), bytes([9]) * 32
    first, commit = seal._derive(DEK, SHRED, PLACE, salt)
    second, _ = seal._derive(other, SHRED, PLACE, salt)
    body = oracle.salamander(first, second, nonce, PLACE + commit, 256)
    readings = {AESGCM(key).decrypt(nonce, body, PLACE + commit) for key in (first, second)}
    assert len(readings) == 2, "AES-GCM itself accepts it under both keys"

    sealed = seal.VERSION + salt + nonce + commit + body
    assert seal._decrypt(DEK, SHRED, sealed, PLACE) in readings
    with pytest.raises(CannotOpen):
        seal._decrypt(other, SHRED, sealed, PLACE)


def test_lengths_inside_one_bucket_look_alike():
    sizes = {len(seal.seal(dek=DEK, shred_secret=SHRED, plaintext=b"x" * n, context=PLACE)) for n in (0, 1, 100, 252)}
    assert sizes == {61 + 256 + 16}


# Padmé by its paper: with E = floor(log2 L) and S = floor(log2 E) + 1, the low E - S bits are zero.
@pytest.mark.parametrize(
    ("length", "size"),
    [
        (0, 256),
        (256, 256),
        (257, 272),
        (272, 272),
        (273, 288),
        (1000, 1024),
        (1025, 1088),
        (9000, 9216),
        (100_000, 100_352),
    ],
)
def test_buckets_are_those_of_padme_from_256_bytes(length, size):
    assert seal.bucket(length) == size


@given(st.integers(min_value=1, max_value=10_000_000))
def test_a_bucket_holds_its_length_and_wastes_at_most_an_eighth(length):
    size = seal.bucket(length)
    assert length <= size <= max(256, length * 9 // 8)
    assert seal.bucket(size) == size


@given(st.binary(max_size=2000))
def test_padding_comes_off_without_a_trace(plaintext):
    assert seal.unpad(seal.pad(plaintext)) == plaintext


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\0\0\0",
        bytes(255),
        bytes(272),
        bytes(255) + b"\1",
        (300).to_bytes(4, "big") + bytes(252),
        b"\xff" * 256,
    ],
)
def test_padding_we_never_made_is_refused(padded):
    with pytest.raises(CannotOpen):
        seal.unpad(padded)


def test_the_commitment_is_the_32_bytes_of_the_blob(sealed):
    assert seal.commitment(sealed) == sealed[29:61]
    with pytest.raises(CannotOpen):
        seal.commitment(sealed[:50])


def test_fields_that_run_together_stay_apart():
    seen = {
        contexts.context(*fields)
        for fields in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("a", "b", "c"))
    }
    assert len(seen) == 6


def test_every_part_of_a_sections_place_changes_its_context():
    from uuid import UUID

    from fhir.content.compartments import Compartment

    first = {
        "folder_id": UUID(int=1),
        "section_id": UUID(int=2),
        "compartment": Compartment.CONTACT,
        "audience": None,
        "version": 1,
        "epoch": 1,
    }
    changes = {
        "folder_id": UUID(int=9),
        "section_id": UUID(int=9),
        "compartment": Compartment.SUD,
        "audience": UUID(int=9),
        "version": 9,
        "epoch": 9,
    }
    seen = {contexts.section(**first), *(contexts.section(**first | {name: changes[name]}) for name in changes)}
    assert len(seen) == 1 + len(first)
