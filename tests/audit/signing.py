"""A log key for tests: fixed, so that signatures are too."""

import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.standalone.notes import COSIGNS, SIGNS, Key, cosigned_text, signature_line, text_of


class LogKey:
    """Signs as ``example.org/log`` with a key anybody can compute."""

    name = "example.org/log"

    def __init__(self, seed: bytes = bytes(range(32))) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes_raw()
        self.verifier = Key(self.name, SIGNS, self.public)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


def signer() -> LogKey:
    """What the setting AUDIT_SIGNER names in tests."""
    return LogKey()


class WitnessKey:
    """Cosigns as ``name``; what it signed, it does not remember."""

    def __init__(self, name: str = "town.example.org/witness", seed: bytes = b"w" * 32) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Key(name, COSIGNS, self.key.public_key().public_bytes_raw())

    def line(self, note: str, moment: int | None = None) -> str:
        """A cosignature of a note, whatever it says; of now, unless another time is given."""
        moment = int(time.time()) if moment is None else moment
        signature = self.key.sign(cosigned_text(text_of(note), moment))
        return signature_line(self.verifier, moment.to_bytes(8, "big") + signature)
