"""Sealing what was typed into a draft, opening it for its author, and carrying it over to a new key.

Each version has a data key of its own, wrapped to the agency's ``draft`` key, both bound to the author. There is no
shred secret: those belong to folders. To forget a draft, delete its row.
"""

import json
from uuid import UUID

from agencies.actor import Actor
from agencies.vault import contexts, keyring, seal
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.models import AgencyKey
from agencies.vault.purposes import KeyPurpose
from referrals.services import carrying

from .kept import Parts
from .models import Draft

NO_SHRED_SECRET = bytes(seal.KEY_BYTES)


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
    """``carrying.rewrap_all`` of the drafts that hold anything."""
    return carrying.rewrap_all(KEPT)


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


KEPT = carrying.Kind(
    rows=lambda: Draft.objects.filter(referral_id=None),
    column="wrapped",
    bound=_key_place,
    target=lambda row: row.target,
)
