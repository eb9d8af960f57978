"""ES256 signatures: ECDSA over P-256 with SHA-256 (FIPS 186-5), 64 bytes ``r || s``. Pure.

Raw rather than DER because it has one length and one reading, and it is what JOSE and WebCrypto use. Nothing
hashes or compares a signature, so a second valid one for the same message does no harm.
"""

import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from . import p256
from .errors import Forged

ES256 = 16
"""The suite number of a signing key; the numbers of ``suites.SUITES`` wrap."""

HALF = 32
# RFC 6979: the signature depends on no random number that could repeat and give the key away.
SIGNING = ec.ECDSA(SHA256(), deterministic_signing=True)
VERIFYING = ec.ECDSA(Prehashed(SHA256()))


def sign(private: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """The signature of ``message``."""
    r, s = decode_dss_signature(private.sign(message, SIGNING))
    return r.to_bytes(HALF, "big") + s.to_bytes(HALF, "big")


def verify(*, public: bytes, message: bytes, signature: bytes) -> None:
    """Raise ``Forged`` unless ``signature`` is one of ``message`` by the key at the point ``public``.

    What verified once is remembered (by digest, not by content); what failed is not.
    """
    _verified(public, hashlib.sha256(message).digest(), signature)


@lru_cache(maxsize=16384)
def _verified(public: bytes, digest: bytes, signature: bytes) -> None:
    if len(signature) != 2 * HALF:
        raise Forged("signature length")
    der = encode_dss_signature(int.from_bytes(signature[:HALF], "big"), int.from_bytes(signature[HALF:], "big"))
    try:
        p256.load_public(public).verify(der, digest, VERIFYING)
    except (InvalidSignature, ValueError):
        raise Forged("signature") from None
