"""The note formats a second time, written from the specifications of C2SP alone: none of our code is used here.

signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof as of July 2026. Bytes all the way; Ed25519 by OpenSSL's own
command where there is one, so not even the library is the same.
"""

import base64
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: an Ed25519 key follows


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    if shutil.which("openssl") is None:
        return _by_library(public, message, signature)
    with tempfile.TemporaryDirectory() as folder:
        key, data, mark = (Path(folder) / name for name in ("key", "data", "mark"))
        key.write_bytes(SPKI + public)
        data.write_bytes(message)
        mark.write_bytes(signature)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", str(key), "-rawin"]
        done = subprocess.run([*command, "-in", str(data), "-sigfile", str(mark)], capture_output=True, check=False)
    return done.returncode == 0


def _by_library(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def vkey(text: str) -> tuple[bytes, bytes, int, bytes]:
    """Name, key id, type and key of a verifier key."""
    name, id_, encoded = text.encode().split(b"+", 2)
    material = base64.b64decode(encoded, validate=True)
    made = hashlib.sha256(name + b"\n" + material).digest()[:4]
    assert bytes.fromhex(id_.decode()) == made
    return name, made, material[0], material[1:]


def parts(note: bytes) -> tuple[bytes, list[tuple[bytes, bytes, bytes]]]:
    """A note's text, and of each signature line name, key id and signature."""
    note.decode("utf-8")
    assert not [byte for byte in note if byte < 0x20 and byte != 0x0A]
    at = note.rindex(b"\n\n")
    text, tail = note[: at + 1], note[at + 2 :]
    assert tail.endswith(b"\n")
    lines = []
    for line in tail[:-1].split(b"\n"):
        dash, name, encoded = line.split(b" ")
        assert dash == "\N{EM DASH}".encode()
        data = base64.b64decode(encoded, validate=True)
        lines.append((name, data[:4], data[4:]))
    return text, lines


def head(text: bytes) -> tuple[bytes, int, bytes]:
    """Origin, size and root of a checkpoint without extensions."""
    origin, size, root, end = text.split(b"\n")
    assert (end, str(int(size)).encode()) == (b"", size)
    assert origin
    return origin, int(size), base64.b64decode(root, validate=True)


def signed_by(note: bytes, key: str) -> list[int]:
    """The times at which a key signed a note; 0 for a log's key, which says none. Fails on a wrong signature."""
    name, id_, kind, public = vkey(key)
    text, lines = parts(note)
    moments = []
    for signer, key_id, signature in lines:
        if (signer, key_id) == (name, id_):
            moment = int.from_bytes(signature[:8], "big") if kind == 4 else 0
            message = b"cosignature/v1\ntime %d\n%b" % (moment, text) if kind == 4 else text
            assert verifies(public, message, signature[8:] if kind == 4 else signature)
            moments.append(moment)
    return moments


def proof(text: bytes) -> tuple[bytes, int, list[bytes], bytes]:
    """Extra data, index, hashes and checkpoint of a tlog-proof."""
    above, _, note = text.partition(b"\n\n")
    first, extra, index, *hashes = above.split(b"\n")
    assert first == b"c2sp.org/tlog-proof@v1"
    word, data = extra.split(b" ")
    assert word == b"extra"
    assert index.startswith(b"index ")
    return base64.b64decode(data), int(index[6:]), [base64.b64decode(each, validate=True) for each in hashes], note
