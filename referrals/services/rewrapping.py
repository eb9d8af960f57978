"""After a rotation: wraps to a retired key are carried over to its successor, a batch at a time, content untouched."""

from django.db import transaction

from agencies.models import Agency
from agencies.vault import contexts, keyring
from agencies.vault.models import KeyState
from agencies.vault.purposes import KeyPurpose
from audit import log
from referrals.models import Wrap

BATCH = 200


def rewrap(*, batch: int = BATCH) -> int:
    """Carry over up to ``batch`` wraps. Returns how many; 0 means none is left.

    Safe to run twice and at once: the rows are locked, and one already carried over is no longer found.
    """
    with transaction.atomic():
        stale = Wrap.objects.select_for_update(skip_locked=True, of=("self",)).filter(key__state=KeyState.RETIRED.value)
        wraps = list(stale.select_related("key").order_by("id")[:batch])
        if not wraps:
            return 0
        wanted = {(wrap.agency_id, KeyPurpose(wrap.key.purpose)) for wrap in wraps}
        recipients = keyring.recipient_keys(wanted, fresh=True)  # another process may have rotated
        for wrap in wraps:
            new = recipients[wrap.agency_id, KeyPurpose(wrap.key.purpose)]
            info = contexts.bundle(folder_id=wrap.folder_id)
            sealed = keyring.rewrap(old_key_id=wrap.key_id, new_key=new, sealed=bytes(wrap.sealed), info=info)
            wrap.key, wrap.sealed = new, sealed
        Wrap.objects.bulk_update(wraps, ["key", "sealed"])
        for agency_id in {wrap.agency_id for wrap in wraps}:
            log.record(action="keys.rewrap", target=f"Agency/{agency_id}", actor="System/rewrap", agency=str(agency_id))
    return len(wraps)


def rotate(*, by: str, agency: Agency, purpose: KeyPurpose) -> None:
    """A new key for ``purpose``; the old one only opens from now on. ``rewrap`` does the rest in the background."""
    with transaction.atomic():
        key = keyring.rotate(agency.id, purpose)
        log.record(action="keys.rotate", target=f"AgencyKey/{key.id}", actor=by, agency=str(agency.id))
