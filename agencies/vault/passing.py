"""Sealing what somebody else carries for us a while, such as a place in a list: AES-256-GCM, the caller's key."""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import CannotOpen

NONCE_BYTES = 12


def seal(key: bytes, content: bytes, *, context: bytes) -> bytes:
    """``content`` sealed under a 32-byte key, bound to ``context``; a random nonce stands in front."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, context)


def unseal(key: bytes, sealed: bytes, *, context: bytes) -> bytes:
    """What ``seal`` was given. Raises ``CannotOpen`` for another key or context, or changed bytes."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        raise CannotOpen from None
