"""Who signs the log's checkpoints: a protocol here, an implementation wherever the key lives."""

from functools import cache
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


class Signer(Protocol):
    """An Ed25519 key under the log's name. ``name`` is also the origin line of every checkpoint."""

    @property
    def name(self) -> str:
        """The origin: a schema-less URL such as ``example.org/bhu``, without spaces or plus signs."""

    @property
    def public(self) -> bytes:
        """The 32 raw bytes of the public key (RFC 8032)."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over a message."""


def load() -> Signer:
    """Return the signer that the setting AUDIT_SIGNER names; raises ImproperlyConfigured without one."""
    path = getattr(settings, "AUDIT_SIGNER", "")
    if not path:
        raise ImproperlyConfigured("AUDIT_SIGNER must be the dotted path of a function that returns a Signer")
    return _made(path)


@cache
def _made(path: str) -> Signer:
    """One signer per process: its factory may have to ask a key server. A new key needs a restart."""
    factory = import_string(path)
    signer: Signer = factory()
    return signer
