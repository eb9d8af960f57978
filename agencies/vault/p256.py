"""P-256 keys as raw bytes, as RFC 9180 §7.1 writes them: a 32-byte scalar, a 65-byte uncompressed point. Pure."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
SCALAR_BYTES = 32


def generate() -> bytes:
    """A new private key."""
    scalar = ec.generate_private_key(CURVE).private_numbers().private_value
    return scalar.to_bytes(SCALAR_BYTES, "big")


def load_private(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """The key of a scalar. Raises ``ValueError`` unless it has 32 bytes and lies in the group."""
    if len(scalar) != SCALAR_BYTES:
        raise ValueError(f"A P-256 private key has {SCALAR_BYTES} bytes.")
    return ec.derive_private_key(int.from_bytes(scalar, "big"), CURVE)


def public_bytes(scalar: bytes) -> bytes:
    """The point of a scalar."""
    return point_of(load_private(scalar).public_key())


def point_of(public: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as its uncompressed point."""
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@lru_cache(maxsize=4096)
def load_public(point: bytes) -> ec.EllipticCurvePublicKey:
    """The key of a point. Raises ``ValueError`` unless it is an uncompressed point on the curve."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    if point_of(key) != point:
        raise ValueError("A P-256 public key is an uncompressed point.")
    return key
