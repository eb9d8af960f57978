"""An agency's keyed hashes: by what it finds its own clients again, and whether a request is the same one."""

import hmac
from collections.abc import Sequence
from uuid import UUID

from agencies.vault import contexts, kms
from agencies.vault.errors import CannotOpen
from agencies.vault.models import AgencySecret, SecretKind

from .memory import kept

TOKEN_BYTES = 16


def blind(agency_id: UUID, kind: str, fields: Sequence[str]) -> bytes:
    """The 16-byte token of these fields, which come normalised; equal only within one agency and kind.

    Raises ``ValueError`` if a field is empty: a token over nothing would make strangers one client.
    """
    if not fields or not all(fields):
        raise ValueError("A blind token needs every one of its fields.")
    secret = _secret(agency_id, SecretKind.BLIND)
    return hmac.digest(secret, contexts.blind(kind, fields), "sha256")[:TOKEN_BYTES]


def mac(agency_id: UUID, message: bytes) -> bytes:
    """The 32-byte keyed hash by which the agency knows a request again."""
    return hmac.digest(_secret(agency_id, SecretKind.IDEMPOTENCY), contexts.request(message), "sha256")


def secret_aad(agency_id: UUID, kind: SecretKind) -> dict[str, str]:
    """What the KMS binds a secret to."""
    return {"use": "agency-secret", "agency": str(agency_id), "kind": kind.value}


def _secret(agency_id: UUID, kind: SecretKind) -> bytes:
    return kept("secret", (agency_id, kind), lambda: _opened(agency_id, kind))


def _opened(agency_id: UUID, kind: SecretKind) -> bytes:
    row = AgencySecret.objects.filter(agency_id=agency_id, kind=kind.value).first()
    if row is None:
        raise CannotOpen
    return kms.unseal(bytes(row.sealed), secret_aad(agency_id, kind))
