"""The ways of wrapping for a recipient (HPKE, RFC 9180 base mode), as one table. Pure.

A wrap is ``suite byte | enc | ciphertext | tag``. HPKE here has no ``aad``: whatever a wrap is bound to goes
into ``info``. Private keys are raw: a P-256 scalar, or the 32-byte seed of X-Wing (draft-connolly-cfrg-xwing-kem),
since the library keeps no bytes of a hybrid key.
"""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
)
from cryptography.hazmat.primitives.hpke import Suite as Hpke

from . import p256
from .errors import CannotOpen

Private = ec.EllipticCurvePrivateKey | MLKEM768X25519PrivateKey
Public = ec.EllipticCurvePublicKey | MLKEM768X25519PublicKey

SEED_BYTES = 32
MLKEM_SEED_BYTES = 64
MLKEM_PUBLIC_BYTES = 1184
X25519_BYTES = 32


@dataclass(frozen=True, slots=True)
class Suite:
    """One row of the table; keys go in and out as raw bytes."""

    number: int
    name: str
    hpke: Hpke
    generate: Callable[[], bytes]
    load_private: Callable[[bytes], Private]
    public_bytes: Callable[[bytes], bytes]
    load_public: Callable[[bytes], Public]


def _hybrid_parts(seed: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"An X-Wing seed has {SEED_BYTES} bytes.")
    expanded = hashlib.shake_256(seed).digest(MLKEM_SEED_BYTES + X25519_BYTES)
    return (
        mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:MLKEM_SEED_BYTES]),
        x25519.X25519PrivateKey.from_private_bytes(expanded[MLKEM_SEED_BYTES:]),
    )


def _hybrid_private(seed: bytes) -> MLKEM768X25519PrivateKey:
    return MLKEM768X25519PrivateKey(*_hybrid_parts(seed))


def _hybrid_public_bytes(seed: bytes) -> bytes:
    lattice, curve = _hybrid_parts(seed)
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


@lru_cache(maxsize=1024)
def _hybrid_public(public: bytes) -> MLKEM768X25519PublicKey:
    if len(public) != MLKEM_PUBLIC_BYTES + X25519_BYTES:
        raise ValueError(f"An X-Wing public key has {MLKEM_PUBLIC_BYTES + X25519_BYTES} bytes.")
    return MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC_BYTES]),
        x25519.X25519PublicKey.from_public_bytes(public[MLKEM_PUBLIC_BYTES:]),
    )


SUITES: Mapping[int, Suite] = MappingProxyType(
    {
        1: Suite(
            number=1,
            name="P-256, HKDF-SHA256, AES-256-GCM",
            hpke=Hpke(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
            generate=p256.generate,
            load_private=p256.load_private,
            public_bytes=p256.public_bytes,
            load_public=p256.load_public,
        ),
        3: Suite(
            number=3,
            name="ML-KEM-768 with X25519, HKDF-SHA256, AES-256-GCM",
            hpke=Hpke(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
            generate=lambda: os.urandom(SEED_BYTES),
            load_private=_hybrid_private,
            public_bytes=_hybrid_public_bytes,
            load_public=_hybrid_public,
        ),
    }
)


def wrap(*, suite: int, public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """``plaintext`` for the holder of ``public``, bound to ``info``. An unknown suite raises ``KeyError``."""
    chosen = SUITES[suite]
    return bytes([suite]) + chosen.hpke.encrypt(plaintext, chosen.load_public(public), info=info)


def unwrap(*, suite: int, private: Private, wrapped: bytes, info: bytes) -> bytes:
    """What ``wrap`` wrapped. Raises ``CannotOpen`` whatever is wrong with the bytes, the key or ``info``."""
    if wrapped[:1] != bytes([suite]):
        raise CannotOpen
    try:
        return SUITES[suite].hpke.decrypt(wrapped[1:], private, info=info)
    except InvalidTag:
        raise CannotOpen from None
