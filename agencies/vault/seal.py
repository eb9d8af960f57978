"""Sealing one section: bytes in, bytes out. Pure; knows no database, no clock and no key store.

A sealed blob is ``01 | salt 16 | nonce 12 | commit 32 | AES-256-GCM ciphertext and tag``. Key and commitment of
each blob come from HKDF-SHA256 over the data key, so a blob opens under one data key only: AES-GCM alone lets
a sender craft a ciphertext that reads differently under two (Dodis et al. 2018, "invisible salamanders").
"""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .contexts import frame
from .errors import CannotOpen

VERSION = b"\x01"
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
COMMIT_BYTES = 32
TAG_BYTES = 16
SMALLEST = 256
LENGTH_BYTES = 4
HEAD = len(VERSION) + SALT_BYTES + NONCE_BYTES + COMMIT_BYTES


def new_key() -> bytes:
    """A fresh data key or shred secret: 32 random bytes."""
    return os.urandom(KEY_BYTES)


def seal(*, dek: bytes, shred_secret: bytes, plaintext: bytes, context: bytes) -> bytes:
    """The sealed blob. ``dek`` and ``shred_secret`` are 32 bytes each, else ``ValueError``."""
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    return _seal(dek=dek, shred_secret=shred_secret, plaintext=plaintext, context=context, salt=salt, nonce=nonce)


def open_sealed(*, dek: bytes, shred_secret: bytes, sealed: bytes, context: bytes) -> bytes:
    """The plaintext of a blob. Raises ``CannotOpen`` whatever is wrong with it, its key or its context."""
    return unpad(_decrypt(dek, shred_secret, sealed, context))


def commitment(sealed: bytes) -> bytes:
    """The 32 bytes by which a blob commits to its key. Raises ``CannotOpen`` if it is too short to be one."""
    return _parts(sealed)[2]


def bucket(length: int) -> int:
    """The padded size of ``length`` bytes: at least 256, then Padmé (Nikitin et al. 2019), at most 12 % more."""
    length = max(length, SMALLEST)
    exponent = length.bit_length() - 1
    free_bits = exponent - exponent.bit_length()
    mask = (1 << free_bits) - 1
    return (length + mask) & ~mask


def pad(plaintext: bytes) -> bytes:
    """The plaintext framed and filled with zeros to its bucket."""
    framed = frame(plaintext)
    return framed.ljust(bucket(len(framed)), b"\0")


def unpad(padded: bytes) -> bytes:
    """Undo ``pad``. Raises ``CannotOpen`` for bytes it never made."""
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    plaintext = padded[LENGTH_BYTES : LENGTH_BYTES + length]
    if pad(plaintext) != padded:
        raise CannotOpen
    return plaintext


def _seal(*, dek: bytes, shred_secret: bytes, plaintext: bytes, context: bytes, salt: bytes, nonce: bytes) -> bytes:
    key, commit = _derive(dek, shred_secret, context, salt)
    ciphertext = AESGCM(key).encrypt(nonce, pad(plaintext), context + commit)
    return VERSION + salt + nonce + commit + ciphertext


def _decrypt(dek: bytes, shred_secret: bytes, sealed: bytes, context: bytes) -> bytes:
    salt, nonce, claimed, ciphertext = _parts(sealed)
    key, commit = _derive(dek, shred_secret, context, salt)
    if not hmac.compare_digest(commit, claimed):
        raise CannotOpen
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, context + commit)
    except InvalidTag:
        raise CannotOpen from None


def _derive(dek: bytes, shred_secret: bytes, context: bytes, salt: bytes) -> tuple[bytes, bytes]:
    if len(dek) != KEY_BYTES or len(shred_secret) != KEY_BYTES:
        raise ValueError(f"A data key and a shred secret have {KEY_BYTES} bytes each.")
    info = context + frame(shred_secret)
    derived = HKDF(SHA256(), KEY_BYTES + COMMIT_BYTES, salt, info).derive(dek)
    return derived[:KEY_BYTES], derived[KEY_BYTES:]


def _parts(sealed: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    if sealed[:1] != VERSION or len(sealed) < HEAD + SMALLEST + TAG_BYTES:
        raise CannotOpen
    salt_end = len(VERSION) + SALT_BYTES
    nonce_end = salt_end + NONCE_BYTES
    return sealed[1:salt_end], sealed[salt_end:nonce_end], sealed[nonce_end:HEAD], sealed[HEAD:]
