"""Signed notes and tree heads (C2SP signed-note and tlog-checkpoint), Ed25519 only, no extension lines.

A note is text, an empty line, and one line ``— name base64(key id || signature)`` per signature.
"""

import base64
import re
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = b"\x01"
MAX_BYTES = 1 << 20
CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")
CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n")


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
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes that name an Ed25519 key in a signature line."""
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def signed(text: str, *, name: str, public: bytes, signature: bytes) -> str:
    """Return the note of ``text`` (which ends in a newline) under one key's 64-byte signature of it."""
    line = base64.b64encode(key_id(name, public) + signature).decode()
    return f"{text}\n— {name} {line}\n"


def opened(note: str, *, name: str, public: bytes) -> str:
    """Return the text of a note signed by this key.

    Signatures of other keys are ignored; one under this name and key id that does not verify spoils the
    note. Raises BadNote for everything that is not a well-formed note carrying our signature.
    """
    text, signatures = _parts(note)
    ours = [signature for signer, id_, signature in signatures if (signer, id_) == (name, key_id(name, public))]
    if not ours:
        raise BadNote("not signed by this key")
    key = Ed25519PublicKey.from_public_bytes(public)
    try:
        for signature in ours:
            key.verify(signature, text.encode())
    except InvalidSignature:
        raise BadNote("the signature is wrong") from None
    return text


def checkpoint(text: str) -> Checkpoint:
    """Return the tree head a note's text states; raises BadNote unless it is exactly one."""
    found = CHECKPOINT.fullmatch(text)
    if not found:
        raise BadNote("not a checkpoint")
    origin, size, root = found.groups()
    return Checkpoint(origin, int(size), _exact_base64(root))


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
    named = _exact_base64(found[2])
    if len(named) < 5:
        raise BadNote("a signature without bytes")
    return found[1], named[:4], named[4:]


def _exact_base64(text: str) -> bytes:
    """Decode, refusing every spelling but the one we would write: stray bits or letters, missing padding."""
    try:
        data = base64.b64decode(text)
    except NotBase64:
        raise BadNote("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise BadNote("not canonical base64")
    return data
