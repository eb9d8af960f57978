"""Detached JWS in compact form (RFC 7515, appendix F), ES256 alone: the payload lies elsewhere. Pure."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from . import signatures
from .errors import Forged

ALGORITHM = "ES256"


def detached(sign: Callable[[bytes], bytes], payload: bytes, header: Mapping[str, Any]) -> str:
    """The signature of ``payload`` and of the protected ``header``, to which the algorithm is added."""
    said = json.dumps({"alg": ALGORITHM, **header}, separators=(",", ":")).encode()
    return f"{_text(said)}..{_text(sign(_input(_text(said), payload)))}"


def header_of(text: str) -> dict[str, Any]:
    """What the protected header says, not verified. Raises ``Forged`` for what is no detached JWS of ours."""
    try:
        said, payload, _ = text.split(".")
        header = json.loads(_bytes(said))
    except (ValueError, RecursionError):
        raise Forged("encoding of a signature") from None
    if payload or not isinstance(header, dict) or header.get("alg") != ALGORITHM:
        raise Forged("encoding of a signature")
    return header


def verify(text: str, payload: bytes, *, public: bytes) -> None:
    """Raise ``Forged`` unless ``text`` is a signature of ``payload`` by the key at the point ``public``."""
    header_of(text)
    said, _, signature = text.split(".")
    try:
        signatures.verify(public=public, message=_input(said, payload), signature=_bytes(signature))
    except ValueError:
        raise Forged("encoding of a signature") from None


def _input(header: str, payload: bytes) -> bytes:
    return f"{header}.{_text(payload)}".encode()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
