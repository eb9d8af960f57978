"""The key service: it seals the few secrets everything else hangs on. ``BHU_KMS`` names the provider.

``local`` is a key file beside the database, for one machine. Anything else is the dotted path of a callable
without arguments that returns a ``Provider``; that is where AWS KMS (``aad`` is its EncryptionContext) and Vault's
transit engine (``aad`` is its associated data) plug in. No such driver is part of this repository.
"""

import base64
import json
import os
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from audit.uuid7 import uuid7

from . import contexts, keyfiles
from .errors import CannotOpen

KEY_BYTES = 32
NONCE_BYTES = 12


class Provider(Protocol):
    """A key service. A ``kid`` names one of its keys, at most 255 bytes of UTF-8. Keys never leave it."""

    def current(self) -> str:
        """The kid that new secrets are sealed with."""

    def wrap(self, kid: str, plaintext: bytes, aad: Mapping[str, str]) -> bytes:
        """Seal a short secret, bound to ``aad``."""

    def unwrap(self, kid: str, sealed: bytes, aad: Mapping[str, str]) -> bytes:
        """Undo ``wrap``. Raises ``CannotOpen`` for other bytes, another kid or another ``aad``."""

    def rotate(self) -> str:
        """Make a new key current and return its kid; what older keys sealed still opens."""

    def health(self) -> None:
        """Raise, saying what is wrong, unless the service can seal and open now."""


class LocalProvider:
    """Keys in a file of mode 0600: ``{"current": kid, "keys": {kid: base64 of 32 bytes}}``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self) -> None:
        """Make the file with one key. Raises ``FileExistsError``."""
        kid = str(uuid7())
        keyfiles.create(self._path, _dump(kid, {kid: os.urandom(KEY_BYTES)}))

    def current(self) -> str:
        return self._keys()[0]

    def wrap(self, kid: str, plaintext: bytes, aad: Mapping[str, str]) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._keys()[1][kid]).encrypt(nonce, plaintext, contexts.kms(kid, aad))

    def unwrap(self, kid: str, sealed: bytes, aad: Mapping[str, str]) -> bytes:
        try:
            key = AESGCM(self._keys()[1][kid])
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], contexts.kms(kid, aad))
        except (KeyError, ValueError, InvalidTag):
            raise CannotOpen from None

    def rotate(self) -> str:
        with keyfiles.locked(self._path):
            _, keys = self._keys()
            kid = str(uuid7())
            keyfiles.replace(self._path, _dump(kid, {**keys, kid: os.urandom(KEY_BYTES)}))
        return kid

    def health(self) -> None:
        self._keys()

    def _keys(self) -> tuple[str, Mapping[str, bytes]]:
        """The file as it is now: another process may have rotated it since."""
        return _parse(keyfiles.read_private(self._path))


@lru_cache(maxsize=2)
def _parse(content: bytes) -> tuple[str, Mapping[str, bytes]]:
    document = json.loads(content)
    keys = {kid: base64.b64decode(key, validate=True) for kid, key in document["keys"].items()}
    if any(len(key) != KEY_BYTES for key in keys.values()):
        raise keyfiles.KeyFileRefused(f"A key in the KMS's file is not {KEY_BYTES} bytes long.")
    return document["current"], MappingProxyType(keys)


def _dump(current: str, keys: Mapping[str, bytes]) -> bytes:
    encoded = {kid: base64.b64encode(key).decode() for kid, key in keys.items()}
    return json.dumps({"current": current, "keys": encoded}, indent=1).encode()


def local() -> LocalProvider:
    """The provider of this machine's key file."""
    return _local(str(settings.VAR_DIR))


@cache
def _local(_var_dir: str) -> LocalProvider:
    return LocalProvider(keyfiles.folder() / "kms.json")


PROVIDERS: Mapping[str, Callable[[], Provider]] = MappingProxyType({"local": local})


def provider() -> Provider:
    """The provider that ``BHU_KMS`` names. Raises ``ImproperlyConfigured`` for a name that is none."""
    name: str = settings.BHU_KMS
    if name in PROVIDERS:
        return PROVIDERS[name]()
    if "." not in name:
        allowed = ", ".join(PROVIDERS)
        raise ImproperlyConfigured(f"BHU_KMS is {name!r}, but must be one of: {allowed}, or a provider's dotted path.")
    return _plugged_in(name)


@cache
def _plugged_in(path: str) -> Provider:
    made: Provider = import_string(path)()
    return made


def seal(plaintext: bytes, aad: Mapping[str, str]) -> bytes:
    """``plaintext`` sealed with the current key, behind that key's kid, so that it opens after any rotation."""
    service = provider()
    kid = service.current()
    name = kid.encode()
    return bytes([len(name)]) + name + service.wrap(kid, plaintext, aad)


def unseal(sealed: bytes, aad: Mapping[str, str]) -> bytes:
    """What ``seal`` sealed for the same ``aad``. Raises ``CannotOpen``."""
    if not sealed:
        raise CannotOpen
    end = 1 + sealed[0]
    try:
        kid = sealed[1:end].decode()
    except UnicodeDecodeError:
        raise CannotOpen from None
    return provider().unwrap(kid, sealed[end:], aad)
