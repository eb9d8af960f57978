"""The directories there are: rows, with their secrets sealed by the key service."""

from django.db import transaction

from agencies.models import Agency
from agencies.services import SYSTEM
from agencies.vault import kms
from audit import log
from bhu.signin.models import SingleSignOn


@transaction.atomic
def set_up(*, agency: Agency, issuer: str, client_id: str, secret: str) -> SingleSignOn:
    """Let ``agency``'s directory vouch for its members; what was set up before is replaced."""
    fresh = {
        "issuer": issuer.rstrip("/"),
        "client_id": client_id,
        "sealed": kms.seal(secret.encode(), _place(agency)),
        "is_active": True,
    }
    row, _made = SingleSignOn.objects.update_or_create(agency=agency, defaults=fresh)
    _record("sso.set", agency)
    return row


@transaction.atomic
def switch_off(*, agency: Agency) -> bool:
    """Believe it no more. ``False`` if it was off."""
    if not SingleSignOn.objects.filter(agency=agency, is_active=True).update(is_active=False):
        return False
    _record("sso.end", agency)
    return True


def active() -> list[SingleSignOn]:
    """Those that vouch now, by the name of the agency."""
    rows = SingleSignOn.objects.filter(is_active=True, agency__is_active=True)
    return list(rows.select_related("agency").order_by("agency__name"))


def secret_of(row: SingleSignOn) -> str:
    """The secret we show it. Raises ``CannotOpen``."""
    return kms.unseal(bytes(row.sealed), _place(row.agency)).decode()


def _place(agency: Agency) -> dict[str, str]:
    return {"table": "signin_singlesignon", "field": "secret", "agency": str(agency.pk)}


def _record(action: str, agency: Agency) -> None:
    log.record(action=action, target=f"Agency/{agency.pk}", actor=SYSTEM, agency=str(agency.pk))
