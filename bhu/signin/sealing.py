"""Seeds of one-time codes at rest: sealed by the key service, bound to the person whose they are."""

import base64
import binascii
from uuid import UUID

from agencies.vault import kms
from agencies.vault.errors import CannotOpen


def seal(text: str, *, user_id: UUID) -> str:
    """``text`` sealed for this person, as letters for a JSON column."""
    return base64.b64encode(kms.seal(text.encode(), _place(user_id))).decode()


def unseal(sealed: str, *, user_id: UUID) -> str:
    """What ``seal`` sealed for this person. Raises ``CannotOpen``."""
    try:
        content = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        raise CannotOpen from None
    return kms.unseal(content, _place(user_id)).decode()


def _place(user_id: UUID) -> dict[str, str]:
    return {"table": "mfa_authenticator", "field": "data", "user": str(user_id)}
