"""The two keys of the network itself: the root that signs agencies' keys, and the key that signs the log.

The root's public half is pinned outside the database (``BHU_NETWORK_ROOT``, else the file beside the KMS's), so
whoever can write rows cannot make the keyring seal to, or believe, a key of their own.
"""

import base64
import re
from binascii import Error as NotBase64
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from . import contexts, keyfiles, kms, p256, signatures
from .contexts import frame
from .models import AgencyKey

ROOT = "network-root"
LOG = "audit-log"
ORIGIN = re.compile(r"[^\s+]+")


@dataclass(frozen=True, slots=True)
class LogSigner:
    """``audit.signer.Signer``: the Ed25519 key of the log, under the log's name."""

    name: str
    public: bytes
    _key: Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def create_network_root() -> bool:
    """Make the root key pair, unless there is one or another is pinned. Returns whether it was made."""
    if settings.BHU_NETWORK_ROOT or _path(ROOT, "pub").exists():
        return False
    # Whatever was begun before is finished, and of two processes the first one's key stands.
    with suppress(FileExistsError):
        keyfiles.create(_path(ROOT, "key"), kms.seal(p256.generate(), {"file": ROOT}))
    spki = _root_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with suppress(FileExistsError):
        keyfiles.create(_path(ROOT, "pub"), base64.b64encode(spki) + b"\n", mode=keyfiles.PUBLIC)
    return True


def create_log_key(origin: str) -> bool:
    """Make the log's key pair under the name ``origin``, unless there is one. Returns whether it was made.

    The name is a schema-less URL without spaces and plus signs (C2SP signed-note), else ``ValueError``.
    """
    if not ORIGIN.fullmatch(origin):
        raise ValueError(f"{origin!r} cannot name a log: it takes no spaces and no plus signs.")
    content = frame(origin.encode()) + kms.seal(Ed25519PrivateKey.generate().private_bytes_raw(), _log_aad(origin))
    try:
        keyfiles.create(_path(LOG, "key"), content)
    except FileExistsError:
        return False
    return True


def log_signer() -> LogSigner:
    """What ``AUDIT_SIGNER`` names: the log's key, opened by the KMS. Raises ``CannotOpen`` if it does not open."""
    content = keyfiles.read_private(_path(LOG, "key"))
    start = 4 + int.from_bytes(content[:4], "big")
    name = content[4:start].decode()
    key = Ed25519PrivateKey.from_private_bytes(kms.unseal(content[start:], _log_aad(name)))
    return LogSigner(name, key.public_key().public_bytes_raw(), key)


def network_root() -> bytes:
    """The root's pinned public point. Raises ``ImproperlyConfigured`` if there is none or it is not a P-256 key."""
    return _pinned(settings.BHU_NETWORK_ROOT, str(settings.VAR_DIR))


def network_root_text() -> str:
    """The root's public half as it is pinned: base64 of its SPKI."""
    return settings.BHU_NETWORK_ROOT or _path(ROOT, "pub").read_text("ascii").strip()


def sign_row(row: AgencyKey) -> bytes:
    """The root's signature over what a key row says. Its private half may live elsewhere: then this raises."""
    return signatures.sign(_root_key(), _statement(row))


def verify_row(row: AgencyKey) -> None:
    """Raise ``Forged`` unless the pinned root signed this row as it stands."""
    signatures.verify(public=network_root(), message=_statement(row), signature=bytes(row.root_signature))


def forget() -> None:
    """Read the pinned root again at its next use."""
    _pinned.cache_clear()


def _root_key() -> EllipticCurvePrivateKey:
    return p256.load_private(kms.unseal(keyfiles.read_private(_path(ROOT, "key")), {"file": ROOT}))


def _log_aad(origin: str) -> dict[str, str]:
    return {"file": LOG, "origin": origin}


def _statement(row: AgencyKey) -> bytes:
    return contexts.key_row(
        key_id=row.id,
        agency_id=row.agency_id,
        purpose=row.purpose,
        epoch=row.epoch,
        suite=row.suite,
        public=bytes(row.public),
    )


def _path(name: str, kind: str) -> Path:
    return keyfiles.folder() / f"{name}.{kind}"


@cache
def _pinned(_setting: str, _var_dir: str) -> bytes:
    try:
        spki = base64.b64decode(network_root_text(), validate=True)
        public = load_der_public_key(spki)
    except FileNotFoundError:
        raise keyfiles.KeyFileRefused(f"{_path(ROOT, 'pub')} is missing. Run: python3 manage.py keys_init") from None
    except (NotBase64, ValueError, UnsupportedAlgorithm):
        public = None
    if not isinstance(public, EllipticCurvePublicKey) or public.curve.name != p256.CURVE.name:
        raise ImproperlyConfigured("The network root is not the base64 of a P-256 public key (SPKI).")
    return p256.point_of(public)
