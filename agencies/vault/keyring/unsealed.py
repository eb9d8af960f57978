"""Opening an agency's private halves with the KMS."""

from agencies.vault import kms, p256, suites
from agencies.vault.errors import CannotOpen
from agencies.vault.models import AgencyKey
from agencies.vault.signatures import ES256
from agencies.vault.suites import Private

from .memory import kept


def private_half(row: AgencyKey) -> Private:
    """The key pair's private half. Raises ``CannotOpen`` if it is gone, or was sealed for a row that said otherwise.

    Remembered by id: what a wrap is bound to (``opening.bound``) keeps a row relabelled since from using it.
    """
    if not row.private_sealed:
        raise CannotOpen
    return kept("private", row.id, lambda: _load(row))


def private_aad(row: AgencyKey) -> dict[str, str]:
    """What the KMS binds a private half to."""
    return {
        "use": "agency-key",
        "key": str(row.id),
        "agency": str(row.agency_id),
        "purpose": row.purpose,
        "epoch": str(row.epoch),
        "suite": str(row.suite),
    }


def _load(row: AgencyKey) -> Private:
    raw = kms.unseal(bytes(row.private_sealed), private_aad(row))
    return p256.load_private(raw) if row.suite == ES256 else suites.SUITES[row.suite].load_private(raw)
