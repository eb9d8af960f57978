"""Sealing what was typed into a draft, opening it for its author, and carrying it over to a new key.

Each version has a data key of its own, wrapped to the agency's ``draft`` key, both bound to the author. There is no
shred secret: those belong to folders. To forget a draft, delete its row.
"""

import json
from uuid import UUID

from django.db import transaction

from agencies.actor import Actor
from agencies.vault import contexts, keyring, seal
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose
from audit import log
from audit.outcome import Outcome

from .kept import Parts
from .models import Draft

NO_SHRED_SECRET = bytes(seal.KEY_BYTES)
BATCH = 200


def seal_into(row: Draft, plaintext: bytes) -> None:
    """Seal ``plaintext`` into ``row`` as its version, to its agency's newest key. Does not save it."""
    dek = seal.new_key()
    row.sealed = seal.seal(dek=dek, shred_secret=NO_SHRED_SECRET, plaintext=plaintext, context=_place(row))
    row.key = _key(row.agency_id)
    row.wrapped = keyring.wrap(row.key, dek, info=_key_place(row))


def opened(actor: Actor, row: Draft) -> Parts:
    """What is in ``row``. Raises ``CannotOpen`` for anybody but its author, and for what was tampered with."""
    if row.membership_id != actor.membership_id:
        raise CannotOpen
    dek = keyring.open(actor, key_id=row.key_id, sealed=bytes(row.wrapped), info=_key_place(row))
    plaintext = seal.open_sealed(dek=dek, shred_secret=NO_SHRED_SECRET, sealed=bytes(row.sealed), context=_place(row))
    parts: Parts = json.loads(plaintext)
    return parts


def written(parts: Parts) -> bytes:
    """The bytes that are sealed: the same parts, one encoding."""
    plain = {part: {name: list(said) for name, said in content.items()} for part, content in parts.items()}
    return json.dumps(plain, sort_keys=True).encode()


def rewrap_all() -> int:
    """Carry every draft of a retired key over to its successor; returns how many. Safe to run twice and at once."""
    carried, after = 0, UUID(int=0)
    while batch := _rewrap(after):
        carried, after = carried + sum(batch.values()), max(batch)
    return carried


@transaction.atomic
def _rewrap(after: UUID) -> dict[UUID, bool]:
    stale = Draft.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        key__state=KeyState.RETIRED.value, referral_id=None
    )
    rows = list(stale.select_related("key").filter(pk__gt=after).order_by("id")[:BATCH])
    new = keyring.recipient_keys({(row.agency_id, KeyPurpose.DRAFT) for row in rows}, fresh=True)
    return {row.id: _carry(row, new[row.agency_id, KeyPurpose.DRAFT]) for row in rows}


def _carry(row: Draft, new: AgencyKey) -> bool:
    """Wrap to the new key. What does not open stays behind, recorded, and holds nobody up."""
    try:
        row.wrapped = keyring.rewrap(
            old_key_id=row.key_id, new_key=new, sealed=bytes(row.wrapped), info=_key_place(row)
        )
    except CannotOpen as broken:
        _record(row, outcome=Outcome.SERIOUS, code=broken.code)
        return False
    row.key = new
    row.save(update_fields=["key", "wrapped"])
    _record(row)
    return True


def _record(row: Draft, *, outcome: Outcome = Outcome.SUCCESS, code: str = "") -> None:
    log.record(
        action="keys.rewrap",
        target=row.target,
        actor="System/rewrap",
        agency=str(row.agency_id),
        outcome=outcome,
        code=code,
    )


def _key(agency_id: UUID) -> AgencyKey:
    """The agency's active key; one whose keys are older than drafts gets it now, if the root is at hand."""
    try:
        return keyring.recipient_key(agency_id, KeyPurpose.DRAFT)
    except Forged:
        keyring.complete_keys(agency_id)
        return keyring.recipient_key(agency_id, KeyPurpose.DRAFT)


def _place(row: Draft) -> bytes:
    return contexts.draft("content", row.id, row.agency_id, row.membership_id, row.form, row.version)


def _key_place(row: Draft) -> bytes:
    return contexts.draft("key", row.id, row.agency_id, row.membership_id)
