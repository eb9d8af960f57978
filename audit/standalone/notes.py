"""Signed notes, tree heads, cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature): Ed25519, no extensions.

Standard library and ``cryptography`` only.

A note is text, an empty line, and one line ``— name base64(key id || signature)`` per signature.
"""

import base64
import re
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.standalone.faults import Unusable

SIGNS, COSIGNS = 1, 4
"""Kinds of keys: a log's, which signs the text as it is, and a witness's, which signs when it saw it."""

MAX_BYTES = 1 << 20
CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")
CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n")
KEY_NAME = re.compile(r"[^\s+]+")
LAST_TIME = 1 << 63


class BadNote(ValueError):
    """A note that is malformed, or not signed by the key it must be signed by."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's origin, how many leaves, and their 32-byte root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed: origin, size and base64 root, a line each."""
        return f"{self.origin}\n{self.size}\n{in_base64(self.root)}\n"


class Key(NamedTuple):
    """A verifier key: a name, what it does (``SIGNS`` or ``COSIGNS``), 32 raw bytes of Ed25519."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def text(self) -> str:
        """Return the key as policies spell it."""
        return f"{self.name}+{self.id.hex()}+{in_base64(bytes([self.kind]) + self.public)}"


def key(text: str, kind: int) -> Key:
    """Return the key of this kind that a text spells. Raises Unusable."""
    name, _, rest = text.partition("+")
    try:
        encoded = exact_base64(rest.partition("+")[2])
    except BadNote:
        encoded = b""
    found = Key(name, kind, encoded[1:])
    if len(encoded) != 33 or encoded[0] != kind or not KEY_NAME.fullmatch(name) or found.text() != text:
        does = "signs a log (A" if kind == SIGNS else "cosigns (B"
        raise Unusable(f"{text!r} is not name+hash+base64 of a key that {does} after the last plus).")
    return found


def signed(text: str, *, key: Key, signature: bytes) -> str:
    """Return the note of ``text`` (which ends in a newline) under one key's 64-byte signature of it."""
    return f"{text}\n{signature_line(key, signature)}"


def signature_line(key: Key, signature: bytes) -> str:
    """Return one line of a note: whose signature, and the signature."""
    return f"— {key.name} {in_base64(key.id + signature)}\n"


def cosigned_text(text: str, moment: int) -> bytes:
    """Return what a witness signs: that at ``moment`` (seconds since 1970) this was the largest tree it had seen."""
    return f"cosignature/v1\ntime {moment}\n{text}".encode()


def opened(note: str, key: Key) -> str:
    """Return the text of a note signed by this log's key.

    Signatures of other keys are ignored; one under this name and key id that does not verify spoils the
    note. Raises BadNote for everything that is not a well-formed note carrying our signature.
    """
    text, ours = _signatures(note, key)
    if not ours:
        raise BadNote("not signed by this key")
    for signature in ours:
        _verify(key, signature, text.encode())
    return text


def cosigned(note: str, key: Key) -> int | None:
    """Say when this witness cosigned a note, in seconds since 1970; None if it did not.

    Raises BadNote for a malformed note, and for a line under its name and key id that is not its cosignature.
    """
    text, ours = _signatures(note, key)
    moments = [int.from_bytes(signature[:8], "big") for signature in ours]
    for moment, signature in zip(moments, ours, strict=True):
        if not 0 < moment < LAST_TIME:
            raise BadNote("a cosignature without a time")
        _verify(key, signature[8:], cosigned_text(text, moment))
    return max(moments, default=None)


def checkpoint(text: str) -> Checkpoint:
    """Return the tree head a note's text states; raises BadNote unless it is exactly one."""
    found = CHECKPOINT.fullmatch(text)
    if not found:
        raise BadNote("not a checkpoint")
    origin, size, root = found.groups()
    return Checkpoint(origin, int(size), exact_base64(root))


def text_of(note: str) -> str:
    """Return the text of a well-formed note, whoever signed it. Raises BadNote."""
    return _parts(note)[0]


def in_base64(data: bytes) -> str:
    """Return the base64 of some bytes."""
    return base64.b64encode(data).decode()


def exact_base64(text: str) -> bytes:
    """Decode, refusing every spelling but the one we would write: stray bits or letters, missing padding."""
    try:
        data = base64.b64decode(text)
    except (NotBase64, ValueError):
        raise BadNote("not base64") from None
    if in_base64(data) != text:
        raise BadNote("not canonical base64")
    return data


def signed_lines(note: str, key: Key) -> list[str]:
    """Return the signature lines of one key in a note, as they are."""
    return [signature_line(key, signature) for signature in _signatures(note, key)[1]]


def _verify(key: Key, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature:
        raise BadNote("the signature is wrong") from None


def _signatures(note: str, key: Key) -> tuple[str, list[bytes]]:
    text, signatures = _parts(note)
    return text, [signature for name, id_, signature in signatures if (name, id_) == (key.name, key.id)]


def _parts(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    if len(note) > MAX_BYTES or CONTROL.search(note):
        raise BadNote("too long, or control characters")
    text, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise BadNote("no signatures")
    return text + "\n", [_signature(line) for line in tail[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    found = SIGNATURE.fullmatch(line)
    if not found:
        raise BadNote("a malformed signature line")
    named = exact_base64(found[2])
    if len(named) < 5:
        raise BadNote("a signature without bytes")
    return found[1], named[:4], named[4:]
