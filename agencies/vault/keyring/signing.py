"""Signing for an agency, and whose a signing key is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from agencies.vault import roots, signatures
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.models import AgencyKey
from agencies.vault.purposes import KeyPurpose

from .memory import kept_all
from .recipients import recipient_key
from .unsealed import private_half


@dataclass(frozen=True, slots=True)
class AgencySigner:
    """Signs as one agency with its active key: a ``manifests.Signer``. Made for one act and then dropped."""

    agency_id: UUID
    key_id: UUID
    _private: EllipticCurvePrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """ES256, 64 bytes."""
        return signatures.sign(self._private, message)


def signer(agency_id: UUID) -> AgencySigner:
    """Who signs for the agency now. Raises ``CannotOpen`` if it has no genuine signing key."""
    row = recipient_key(agency_id, KeyPurpose.SYSTEM)
    private = private_half(row)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise CannotOpen
    return AgencySigner(agency_id, row.id, private)


def public_of(key_id: UUID) -> tuple[UUID, bytes]:
    """The agency and public point of a signing key, in whatever state it is: old signatures stay good.

    Raises ``Forged`` for a key that is not there, does not sign, or is not signed by the network root.
    """
    try:
        return publics_of([key_id])[key_id]
    except KeyError:
        raise Forged("no such key") from None


def publics_of(key_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, bytes]]:
    """``public_of`` each, in one query at most; those for which it would raise are missing."""
    return kept_all("public", key_ids, _genuine)


def _genuine(key_ids: list[UUID]) -> dict[UUID, tuple[UUID, bytes]]:
    rows = AgencyKey.objects.filter(pk__in=key_ids, purpose=KeyPurpose.SYSTEM.value)
    return {row.id: (row.agency_id, bytes(row.public)) for row in rows if _is_genuine(row)}


def signing_keys(agency_id: UUID) -> dict[UUID, bytes]:
    """The public points of every signing key the agency has or had, by key, oldest first: old signatures stay good.

    A row that the network root did not sign is not among them.
    """
    rows = AgencyKey.objects.filter(agency_id=agency_id, purpose=KeyPurpose.SYSTEM.value).order_by("epoch")
    return {row.id: bytes(row.public) for row in rows if _is_genuine(row)}


def _is_genuine(row: AgencyKey) -> bool:
    try:
        roots.verify_row(row)
    except CannotOpen:
        return False
    return True
