"""Data keys in and out of wraps: what a folder's wraps let an agency open, and new wraps for what it may."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from agencies.actor import Actor
from agencies.models import Agency
from agencies.vault import bundles, contexts, keyring
from agencies.vault.bundles import DataKey
from agencies.vault.purposes import OPENED_BY, PURPOSES, KeyPurpose
from fhir.content.compartments import Compartment
from referrals.masks import mask_of
from referrals.models import Wrap

Place = tuple[Compartment, UUID | None, int]
Keys = dict[Place, DataKey]


def _opened(wraps: Iterable[Wrap], open_: Callable[[Wrap, bytes], bytes]) -> Keys:
    found: Keys = {}
    for wrap in wraps:
        encoded = open_(wrap, contexts.bundle(folder_id=wrap.folder_id))
        found.update({(key.compartment, key.audience, key.epoch): key for key in bundles.parse(encoded)})
    return found


def keys_of(actor: Actor, folder_id: UUID) -> Keys:
    """The data keys ``actor`` may open in this folder: those wrapped to the keys its role has (gate 4).

    Raises ``CannotOpen`` for a wrap that is not what it says.
    """
    wraps = Wrap.objects.filter(
        folder_id=folder_id,
        agency_id=actor.agency_id,
        key__purpose__in=[purpose.value for purpose in PURPOSES[actor.role]],
    )
    return _opened(
        wraps, lambda wrap, info: keyring.open(actor, key_id=wrap.key_id, sealed=bytes(wrap.sealed), info=info)
    )


def keys_delegated(agency_id: UUID, folder_id: UUID) -> Keys:
    """The data keys of ``agency_id`` in this folder, opened on its behalf because it signed a release for it."""
    wraps = Wrap.objects.filter(folder_id=folder_id, agency_id=agency_id)
    return _opened(
        wraps,
        lambda wrap, info: keyring.open_delegated(agency_id, key_id=wrap.key_id, sealed=bytes(wrap.sealed), info=info),
    )


def write(
    *,
    folder_id: UUID,
    received: Mapping[UUID, Iterable[DataKey]],
    agencies: Mapping[UUID, Agency],
    delegated_by: Mapping[UUID, UUID],
    at: datetime,
) -> None:
    """Wrap what each connected agency receives: one bundle per agency and key purpose."""
    lots: dict[tuple[UUID, KeyPurpose], list[DataKey]] = defaultdict(list)
    for agency_id, keys in received.items():
        if agencies[agency_id].connected:
            for key in keys:
                lots[agency_id, OPENED_BY[key.compartment]].append(key)
    recipients = keyring.recipient_keys(lots)
    Wrap.objects.bulk_create(
        Wrap(
            folder_id=folder_id,
            agency_id=agency_id,
            key_id=recipients[agency_id, purpose].id,
            mask=mask_of(key.compartment for key in keys),
            sealed=keyring.wrap(
                recipients[agency_id, purpose], bundles.encode(keys), info=contexts.bundle(folder_id=folder_id)
            ),
            delegated_by_id=delegated_by.get(agency_id),
            created_at=at,
        )
        for (agency_id, purpose), keys in lots.items()
    )


def delete(*, folder_id: UUID, agency_id: UUID) -> None:
    """Take back every wrap of an agency that left. What it has read it has read."""
    Wrap.objects.filter(folder_id=folder_id, agency_id=agency_id).delete()
