"""The same key twice does a thing once: a row per agency and key, taken first, kept 30 days (docs/encryption.md)."""

from datetime import datetime, timedelta
from typing import Any

from agencies.actor import Actor
from agencies.vault import keyring
from fhir.content.issues import error
from referrals.errors import Invalid, KeyReused
from referrals.models import Idempotency

KEPT = timedelta(days=30)
LONGEST = 128


def claim(actor: Actor, key: str, fingerprint: bytes, *, now: datetime) -> tuple[Idempotency, Any]:
    """Take the key, or find what came of it. Returns the row and the earlier result, ``None`` the first time.

    Waits for another transaction that has just taken the same key. Raises ``KeyReused`` if other content came with it,
    ``Invalid`` for a key that cannot be kept.
    """
    if not 1 <= len(key) <= LONGEST:
        raise Invalid([error("value", "key", f"must have 1 to {LONGEST} characters")])
    digest = _digest(actor, fingerprint)
    mine = Idempotency(agency_id=actor.agency_id, key=key, digest=digest, created_at=now)
    Idempotency.objects.bulk_create([mine], ignore_conflicts=True)
    row = Idempotency.objects.select_for_update(no_key=True).get(agency_id=actor.agency_id, key=key)
    if bytes(row.digest) != digest:
        raise KeyReused("This key was used before for something else. Take a new key, or send the same again.")
    return row, row.result


def earlier(actor: Actor, key: str, fingerprint: bytes) -> Any:
    """What came of just this under the key before; ``None`` if nothing did, or nothing yet. Takes nothing."""
    found = Idempotency.objects.filter(agency_id=actor.agency_id, key=key, digest=_digest(actor, fingerprint)).first()
    return found and found.result


def _digest(actor: Actor, fingerprint: bytes) -> bytes:
    return keyring.mac(actor.agency_id, actor.membership_id.bytes + fingerprint)


def keep(row: Idempotency, result: Any) -> None:
    """Remember what came of it: ids only."""
    row.result = result
    row.save(update_fields=["result"])


def forget(*, now: datetime) -> int:
    """Delete keys older than 30 days. Returns how many."""
    deleted, _by_model = Idempotency.objects.filter(created_at__lt=now - KEPT).delete()
    return deleted
