"""ES256 signatures, held to RFC 6979."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agencies.vault import p256, signatures
from agencies.vault.errors import Forged

# RFC 6979 A.2.5, P-256 with SHA-256, message "sample".
SCALAR = bytes.fromhex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
SAMPLE = bytes.fromhex(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
)
PUBLIC = p256.public_bytes(SCALAR)


def test_a_signature_is_the_one_of_rfc_6979():
    assert signatures.sign(p256.load_private(SCALAR), b"sample") == SAMPLE


def test_a_genuine_signature_verifies_twice():
    for _ in range(2):
        signatures.verify(public=PUBLIC, message=b"sample", signature=SAMPLE)
    assert signatures._verified.cache_info().hits >= 1


def test_a_signature_with_random_nonces_verifies_too():
    der = p256.load_private(SCALAR).sign(b"sample", ec.ECDSA(signatures.SHA256()))
    r, s = signatures.decode_dss_signature(der)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert signatures.verify(public=PUBLIC, message=b"sample", signature=raw) is None


@pytest.mark.parametrize(
    ("message", "signature"),
    [
        (b"other", SAMPLE),
        (b"sample", SAMPLE[:-1]),
        (b"sample", SAMPLE + b"\0"),
        (b"sample", SAMPLE[:32] + b"\0" + SAMPLE[32:]),
        (b"sample", bytes([SAMPLE[0] ^ 1]) + SAMPLE[1:]),
        (b"sample", bytes(64)),
        (b"sample", b"\xff" * 64),
        (b"sample", b""),
    ],
)
def test_what_is_not_a_signature_of_the_message_is_forged_every_time(message, signature):
    for _ in range(2):
        with pytest.raises(Forged):
            signatures.verify(public=PUBLIC, message=message, signature=signature)


@pytest.mark.parametrize("public", [b"", bytes(65), p256.public_bytes(p256.generate())])
def test_another_key_or_no_key_is_forged(public):
    with pytest.raises(Forged):
        signatures.verify(public=public, message=b"sample", signature=SAMPLE)
