"""After a rotation: wraps to a retired key are carried over to its successor, a batch at a time, content untouched."""

from uuid import UUID

from django.db import transaction

from agencies.models import Agency
from agencies.vault import contexts, keyring
from agencies.vault.errors import CannotOpen
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose
from audit import log
from audit.outcome import Outcome
from referrals.models import Wrap

BATCH = 200
FIRST = UUID(int=0)


def rewrap(*, after: UUID = FIRST, batch: int = BATCH) -> UUID | None:
    """Carry over up to ``batch`` wraps whose ids come after ``after``. Returns the last one met, ``None`` at the end.

    Safe to run twice and at once: the rows are locked, and one already carried over is no longer found.
    """
    with transaction.atomic():
        stale = Wrap.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
            key__state=KeyState.RETIRED.value
        )
        wraps = list(stale.select_related("key").filter(pk__gt=after).order_by("id")[:batch])
        wanted = {(wrap.agency_id, KeyPurpose(wrap.key.purpose)) for wrap in wraps}
        recipients = keyring.recipient_keys(wanted, fresh=True)  # another process may have rotated
        carried = [wrap for wrap in wraps if _carry(wrap, recipients[wrap.agency_id, KeyPurpose(wrap.key.purpose)])]
        Wrap.objects.bulk_update(carried, ["key", "sealed"])
        for agency_id in {wrap.agency_id for wrap in carried}:
            _record(agency_id, target=f"Agency/{agency_id}")
    return wraps[-1].id if wraps else None


def _carry(wrap: Wrap, new: AgencyKey) -> bool:
    """Wrap to the new key. What does not open stays behind, recorded, and holds nobody up."""
    info = contexts.bundle(folder_id=wrap.folder_id)
    try:
        sealed = keyring.rewrap(old_key_id=wrap.key_id, new_key=new, sealed=bytes(wrap.sealed), info=info)
    except CannotOpen as broken:
        _record(wrap.agency_id, target=f"Wrap/{wrap.id}", outcome=Outcome.SERIOUS, code=broken.code)
        return False
    wrap.key, wrap.sealed = new, sealed
    return True


def _record(agency_id: UUID, *, target: str, outcome: Outcome = Outcome.SUCCESS, code: str = "") -> None:
    log.record(
        action="keys.rewrap", target=target, actor="System/rewrap", agency=str(agency_id), outcome=outcome, code=code
    )


def rewrap_all() -> None:
    """Carry over every wrap there is to carry, batch by batch."""
    after: UUID | None = FIRST
    while after is not None:
        after = rewrap(after=after)


def rotate(*, by: str, agency: Agency, purpose: KeyPurpose) -> None:
    """A new key for ``purpose``; the old one only opens from now on. ``rewrap`` does the rest in the background."""
    with transaction.atomic():
        key = keyring.rotate(agency.id, purpose)
        log.record(action="keys.rotate", target=f"AgencyKey/{key.id}", actor=by, agency=str(agency.id))
