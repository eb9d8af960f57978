"""Wrapping for a recipient: the RFC, our oracle, stored wraps of both suites, every way to fail."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agencies.vault import suites
from agencies.vault.errors import CannotOpen
from tests.vault import oracle

VECTORS = json.loads(Path("tests/vectors/wrap.json").read_text())["cases"]
NUMBERS = sorted(suites.SUITES)
AES_256_GCM, AES_128_GCM = 2, 1
P256, XWING = 0x0010, 0x647A

# RFC 9180 A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, first encryption.
RFC = {
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "enc": "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
    "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
    "skR": "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
    "pkR": "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a82"
    "6a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0",
    "shared": "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8",
    "key": "868c066ef58aae6dc589b6cfdd18f97e",
    "base_nonce": "4e0bc5018beba4bf004cca59",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "aad": "436f756e742d30",
    "ct": "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
}


@pytest.fixture(params=NUMBERS)
def recipient(request):
    """A suite's number with a new key pair: number, loaded private half, public bytes, raw private bytes."""
    suite = suites.SUITES[request.param]
    raw = suite.generate()
    return request.param, suite.load_private(raw), suite.public_bytes(raw), raw


def test_the_oracle_reproduces_rfc_9180():
    rfc = {name: bytes.fromhex(value) for name, value in RFC.items()}
    private = ec.derive_private_key(int.from_bytes(rfc["skR"], "big"), ec.SECP256R1())
    hpke = oracle.Hpke(P256, AES_128_GCM, 16)
    shared = oracle.dhkem_p256(private, rfc["enc"], rfc["enc"], rfc["pkR"])
    assert shared == rfc["shared"]
    assert hpke.schedule(shared, rfc["info"]) == (rfc["key"], rfc["base_nonce"])
    assert hpke.open(shared, rfc["info"], rfc["ct"], rfc["aad"]) == rfc["pt"]


def test_suite_1_opens_what_the_oracle_sealed_to_the_rfcs_recipient():
    public = bytes.fromhex(RFC["pkR"])
    sender = ec.generate_private_key(ec.SECP256R1())
    enc = oracle.point(sender.public_key())
    shared = oracle.dhkem_p256(sender, public, enc, public)
    wrapped = b"\x01" + enc + oracle.Hpke(P256, AES_256_GCM, 32).seal(shared, b"info", b"keys")
    private = suites.SUITES[1].load_private(bytes.fromhex(RFC["skR"]))
    assert suites.SUITES[1].public_bytes(bytes.fromhex(RFC["skR"])) == public
    assert suites.unwrap(suite=1, private=private, wrapped=wrapped, info=b"info") == b"keys"


def test_the_oracle_opens_what_suite_1_wrapped():
    raw = suites.SUITES[1].generate()
    public = suites.SUITES[1].public_bytes(raw)
    wrapped = suites.wrap(suite=1, public=public, plaintext=b"keys", info=b"info")
    private = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
    enc, body = wrapped[1:66], wrapped[66:]
    shared = oracle.dhkem_p256(private, enc, enc, public)
    assert oracle.Hpke(P256, AES_256_GCM, 32).open(shared, b"info", body) == b"keys"


def test_the_oracle_opens_what_suite_3_wrapped():
    seed = suites.SUITES[3].generate()
    wrapped = suites.wrap(suite=3, public=suites.SUITES[3].public_bytes(seed), plaintext=b"keys", info=b"info")
    enc, body = wrapped[1:1121], wrapped[1121:]
    assert oracle.Hpke(XWING, AES_256_GCM, 32).open(oracle.xwing(seed, enc), b"info", body) == b"keys"


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: f"suite {case['suite']}")
def test_a_wrap_made_earlier_opens_for_ever(case):
    suite = suites.SUITES[case["suite"]]
    raw, info, wrapped = (bytes.fromhex(case[name]) for name in ("private", "info", "wrapped"))
    assert suite.public_bytes(raw).hex() == case["public"]
    opened = suites.unwrap(suite=suite.number, private=suite.load_private(raw), wrapped=wrapped, info=info)
    assert opened.hex() == case["plaintext"]


def test_there_is_a_vector_for_every_suite():
    assert sorted(case["suite"] for case in VECTORS) == NUMBERS == [1, 3]


def test_what_is_wrapped_for_a_key_opens_with_it_and_starts_with_its_suite(recipient):
    number, private, public, _ = recipient
    wrapped = suites.wrap(suite=number, public=public, plaintext=b"keys", info=b"info")
    assert wrapped[0] == number
    assert suites.unwrap(suite=number, private=private, wrapped=wrapped, info=b"info") == b"keys"


@pytest.mark.parametrize("spoil", ["info", "suite byte", "enc", "body", "tag", "short", "empty"])
def test_a_wrap_changed_anywhere_does_not_open(recipient, spoil):
    number, private, public, _ = recipient
    wrapped = bytearray(suites.wrap(suite=number, public=public, plaintext=b"keys" * 9, info=b"info"))
    at = {"suite byte": 0, "enc": 20, "body": -30, "tag": -1}.get(spoil)
    if at is not None:
        wrapped[at] ^= 1
    cut = {"short": 40, "empty": 0}.get(spoil, len(wrapped))
    info = b"other" if spoil == "info" else b"info"
    with pytest.raises(CannotOpen) as refused:
        suites.unwrap(suite=number, private=private, wrapped=bytes(wrapped[:cut]), info=info)
    assert refused.value.__cause__ is None


def test_a_wrap_for_another_key_does_not_open(recipient):
    number, _, public, _ = recipient
    suite = suites.SUITES[number]
    wrapped = suites.wrap(suite=number, public=public, plaintext=b"keys", info=b"info")
    with pytest.raises(CannotOpen):
        suites.unwrap(suite=number, private=suite.load_private(suite.generate()), wrapped=wrapped, info=b"info")


def test_an_unknown_suite_raises():
    with pytest.raises(KeyError):
        suites.wrap(suite=2, public=b"", plaintext=b"", info=b"")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("length", [0, 31, 33])
def test_key_bytes_of_the_wrong_length_are_refused(number, length):
    suite = suites.SUITES[number]
    with pytest.raises(ValueError, match="bytes"):
        suite.load_private(bytes(length))
    with pytest.raises(ValueError):  # noqa: PT011  the library's own words
        suite.load_public(bytes(length))


def test_a_compressed_point_is_not_a_second_spelling_of_a_public_key():
    public = suites.SUITES[1].public_bytes(suites.SUITES[1].generate())
    compressed = bytes([2 + (public[-1] & 1)]) + public[1:33]
    with pytest.raises(ValueError, match="uncompressed"):
        suites.SUITES[1].load_public(compressed)
