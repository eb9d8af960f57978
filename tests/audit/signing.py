"""A log key for tests: fixed, so that signatures are too."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class LogKey:
    """Signs as ``example.org/log`` with a key anybody can compute."""

    name = "example.org/log"

    def __init__(self, seed: bytes = bytes(range(32))) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


def signer() -> LogKey:
    """What the setting AUDIT_SIGNER names in tests."""
    return LogKey()
