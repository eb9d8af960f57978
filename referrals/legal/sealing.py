"""Sealing a row of this app to its agency, opening it, and carrying it over to a new key.

Each row has a data key of its own, wrapped to one or two keys of the agency. There is no shred secret: those belong to
folders, and one without a folder is swept. To forget a row, delete it and its wraps; backups keep them.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from uuid import UUID

from agencies.actor import Actor
from agencies.vault import contexts, keyring, seal
from agencies.vault.errors import CannotOpen, Forged
from agencies.vault.models import AgencyKey
from agencies.vault.purposes import PURPOSES, KeyPurpose
from audit import log
from referrals.services import carrying

from .models import LegalWrap, SealedRow

NO_SHRED_SECRET = bytes(seal.KEY_BYTES)


def seal_row(row: SealedRow, content: Mapping[str, str], *, to: Iterable[KeyPurpose]) -> None:
    """Seal ``content`` into ``row`` and write its wraps, in the caller's transaction. Raises ``CannotOpen``."""
    dek = seal.new_key()
    plaintext = json.dumps(dict(content)).encode()
    row.sealed = seal.seal(dek=dek, shred_secret=NO_SHRED_SECRET, plaintext=plaintext, context=_place(row))
    info = _key_place(row.id)
    LegalWrap.objects.bulk_create(
        LegalWrap(row_id=row.id, key=key, sealed=keyring.wrap(key, dek, info=info)) for key in _keys(row.agency_id, to)
    )


def open_row(actor: Actor, row: SealedRow) -> dict[str, str]:
    """What is sealed in ``row``, if a key that the actor's role may have opened is among its wraps.

    Asks nobody's leave but the keyring's: whoever calls has gated. Raises ``CannotOpen``, also for bytes that are not
    those the log names.
    """
    if log.newest_digest(row.target) != digest_of(row):
        raise Forged("sealed row")
    reach = PURPOSES[actor.role]
    wraps = LegalWrap.objects.filter(row_id=row.id, key__agency_id=actor.agency_id).select_related("key").order_by("id")
    wrap = next((wrap for wrap in wraps if KeyPurpose(wrap.key.purpose) in reach), None)
    if wrap is None:
        raise CannotOpen
    dek = keyring.open(actor, key_id=wrap.key_id, sealed=bytes(wrap.sealed), info=_key_place(row.id))
    plaintext = seal.open_sealed(dek=dek, shred_secret=NO_SHRED_SECRET, sealed=bytes(row.sealed), context=_place(row))
    content: dict[str, str] = json.loads(plaintext)
    return content


def digest_of(row: SealedRow) -> str:
    """What the log holds of a sealed row: nothing is sealed into it twice, so it is always number one."""
    return f"000001.{sha256(bytes(row.sealed)).hexdigest()}"


def rewrap_all() -> int:
    """``carrying.rewrap_all`` of the wraps of this app."""
    return carrying.rewrap_all(WRAPS)


def _keys(agency_id: UUID, purposes: Iterable[KeyPurpose]) -> list[AgencyKey]:
    """The agency's active keys. One whose keys are older than a purpose gets that key now, if the root is at hand."""
    wanted = [(agency_id, purpose) for purpose in purposes]
    try:
        found = keyring.recipient_keys(wanted)
    except Forged:
        keyring.complete_keys(agency_id)
        found = keyring.recipient_keys(wanted)
    return [found[each] for each in wanted]


def _place(row: SealedRow) -> bytes:
    return contexts.legal("content", *row.bound)


def _key_place(row_id: UUID) -> bytes:
    return contexts.legal("key", row_id)


WRAPS = carrying.Kind(
    rows=LegalWrap.objects.all,
    column="sealed",
    bound=lambda wrap: _key_place(wrap.row_id),
    target=lambda wrap: f"LegalWrap/{wrap.id}",
)
