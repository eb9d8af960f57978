"""The vault's formats a second time, from hmac, hashlib and single-block primitives, to hold the code to."""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric import ec, mlkem, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")


def framed(*fields):
    """Each field behind its length in four bytes."""
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def hkdf(secret, salt, info, length):
    """RFC 5869 with SHA-256."""
    return expand(hmac.digest(salt, secret, "sha256"), info, length)


def expand(prk, info, length):
    """HKDF-Expand."""
    out, block = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([counter]), "sha256")
        out += block
    return out[:length]


def open_section(dek, shred_secret, sealed, context):
    """A sealed section by its description: version, salt, nonce, commitment, ciphertext."""
    version, salt, nonce, commit, body = sealed[0], sealed[1:17], sealed[17:29], sealed[29:61], sealed[61:]
    derived = hkdf(dek, salt, context + framed(shred_secret), 64)
    assert (version, derived[32:]) == (1, commit)
    padded = AESGCM(derived[:32]).decrypt(nonce, body, context + commit)
    return padded[4 : 4 + int.from_bytes(padded[:4], "big")]


class Hpke:
    """HPKE base mode, single shot (RFC 9180 §5), over a KEM's shared secret."""

    def __init__(self, kem_id, aead_id, key_bytes):
        self.suite_id = b"HPKE" + kem_id.to_bytes(2, "big") + (1).to_bytes(2, "big") + aead_id.to_bytes(2, "big")
        self.key_bytes = key_bytes

    def extract(self, salt, label, secret):
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + self.suite_id + label + secret, "sha256")

    def schedule(self, shared, info):
        """The key and base nonce of the key schedule."""
        context = b"\x00" + self.extract(b"", b"psk_id_hash", b"") + self.extract(b"", b"info_hash", info)
        secret = self.extract(shared, b"secret", b"")
        return tuple(
            expand(secret, size.to_bytes(2, "big") + b"HPKE-v1" + self.suite_id + label + context, size)
            for label, size in ((b"key", self.key_bytes), (b"base_nonce", 12))
        )

    def open(self, shared, info, ciphertext, aad=b""):
        key, nonce = self.schedule(shared, info)
        return AESGCM(key).decrypt(nonce, ciphertext, aad)

    def seal(self, shared, info, plaintext, aad=b""):
        key, nonce = self.schedule(shared, info)
        return AESGCM(key).encrypt(nonce, plaintext, aad)


def point(public):
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def dhkem_p256(private, other, enc, recipient):
    """DHKEM(P-256, HKDF-SHA256) of RFC 9180 §4.1: the shared secret of one side."""
    dh = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), other))
    suite_id = b"KEM" + (0x0010).to_bytes(2, "big")
    prk = hmac.digest(bytes(32), b"HPKE-v1" + suite_id + b"eae_prk" + dh, "sha256")
    info = (32).to_bytes(2, "big") + b"HPKE-v1" + suite_id + b"shared_secret" + enc + recipient
    return expand(prk, info, 32)


def xwing(seed, enc):
    """X-Wing decapsulation (draft-connolly-cfrg-xwing-kem): both secrets, the X25519 transcript and the label."""
    expanded = hashlib.shake_256(seed).digest(96)
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    curve = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    shared = curve.exchange(x25519.X25519PublicKey.from_public_bytes(enc[1088:]))
    return hashlib.sha3_256(
        lattice.decapsulate(enc[:1088]) + shared + enc[1088:] + curve.public_key().public_bytes_raw() + XWING_LABEL
    ).digest()


def block(key, data):
    """One block of raw AES."""
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def multiply(x, y):
    """The product in GF(2^128) as GCM writes it (NIST SP 800-38D §6.3); 16-byte strings as integers."""
    product = 0
    for bit in range(127, -1, -1):
        if y >> bit & 1:
            product ^= x
        x = x >> 1 ^ (0xE1 << 120 if x & 1 else 0)
    return product


def inverse(x):
    """1/x = x^(2^128 - 2)."""
    result = 1 << 127
    for bit in range(127, -1, -1):
        result = multiply(result, result)
        if bit:
            result = multiply(result, x)
    return result


def _ghash(subkey, blocks):
    digest = 0
    for each in blocks:
        digest = multiply(digest ^ each, subkey)
    return digest


def _blocks(data):
    padded = data + bytes(-len(data) % 16)
    return [int.from_bytes(padded[at : at + 16], "big") for at in range(0, len(padded), 16)]


def salamander(first, second, nonce, aad, size):
    """One AES-GCM ciphertext of ``size`` bytes (a multiple of 16) whose tag is right under both keys.

    The tags differ by a linear function of each ciphertext block; the last block is solved for.
    """
    lengths = len(aad) * 8 << 64 | size * 8
    prefix = _blocks(aad) + [0] * (size // 16 - 1)
    needed = factor = 0
    for key in (first, second):
        subkey = int.from_bytes(block(key, bytes(16)), "big")
        mask = int.from_bytes(block(key, nonce + b"\0\0\0\1"), "big")
        needed ^= mask ^ _ghash(subkey, [*prefix, 0, lengths])
        factor ^= multiply(subkey, subkey)
    last = multiply(needed, inverse(factor))
    subkey = int.from_bytes(block(first, bytes(16)), "big")
    mask = int.from_bytes(block(first, nonce + b"\0\0\0\1"), "big")
    tag = mask ^ _ghash(subkey, [*prefix, last, lengths])
    return bytes(size - 16) + last.to_bytes(16, "big") + tag.to_bytes(16, "big")
