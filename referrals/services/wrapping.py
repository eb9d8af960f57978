"""Data keys in and out of wraps: what a folder's wraps let an agency open, and new wraps for what it may."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from agencies.actor import Actor
from agencies.compiled import Question, ask, question
from agencies.models import Agency
from agencies.vault import bundles, contexts, keyring
from agencies.vault.bundles import DataKey
from agencies.vault.errors import Forged
from agencies.vault.manifests import Receipt, State
from agencies.vault.purposes import OPENED_BY, KeyPurpose
from fhir.content.compartments import Compartment
from referrals.masks import mask_of
from referrals.models import ReferralTask, Wrap

from .rows import insert

if TYPE_CHECKING:
    from django.db.models import QuerySet

Place = tuple[Compartment, UUID | None, int]
Keys = dict[Place, DataKey]


def keys_of(actor: Actor, state: State, wraps: Iterable[Wrap] | None = None) -> Keys:
    """The data keys ``actor`` may open in this folder: those wrapped to the keys its role has, or is lent (gate 4).

    ``wraps`` are what ``wraps_of`` found, where that was asked before. Raises ``CannotOpen`` for a wrap that is not
    what it says, and for one that is gone.
    """
    purposes = keyring.purposes_of(actor, state.folder_id)
    if wraps is None:
        wraps = ask(_wraps, purposes, folder_id=state.folder_id, agency_id=actor.agency_id)
    opened = keyring.open_in(actor, state.folder_id, [(wrap.key_id, bytes(wrap.sealed)) for wrap in wraps])
    found = {place(key): key for encoded in opened for key in bundles.parse(encoded)}
    _require(found, (row for row in _receipts(state, actor.agency_id) if OPENED_BY[row.compartment] in purposes))
    return found


def wraps_of(actor: Actor, folder_id: UUID) -> Question:
    """The wraps that ``keys_of`` opens, to be asked together with the chain."""
    return question(_wraps, keyring.purposes_of(actor, folder_id), folder_id=folder_id, agency_id=actor.agency_id)


def given(state: State, actor: Actor) -> frozenset[Place]:
    """What the data keys are for that ``keys_of`` would open, by what was signed; nothing is opened."""
    purposes = keyring.purposes_of(actor, state.folder_id)
    rows = (row for row in _receipts(state, actor.agency_id) if OPENED_BY[row.compartment] in purposes)
    return frozenset((row.compartment, row.audience, row.epoch) for row in rows)


def _wraps(purposes: frozenset[KeyPurpose], *, folder_id: UUID, agency_id: UUID) -> "QuerySet[Wrap]":
    named = [purpose.value for purpose in purposes]
    return Wrap.objects.filter(folder_id=folder_id, agency_id=agency_id, key__purpose__in=named)


def keys_released(state: State, task: ReferralTask) -> list[DataKey]:
    """The data keys the requester of ``task`` promised to its owner, opened with the requester's own key.

    ``state`` is the verified chain that holds the promise. The caller logs this as delegated.
    Raises ``CannotOpen`` if the requester promised nothing, and if one of its wraps is gone.
    """
    info = contexts.bundle(folder_id=state.folder_id)
    found: Keys = {}
    for wrap in Wrap.objects.filter(folder_id=state.folder_id, agency_id=task.requester_id):
        keys = keyring.open_delegated(
            task.requester_id,
            state=state,
            task_id=task.id,
            to=task.owner_id,
            key_id=wrap.key_id,
            sealed=bytes(wrap.sealed),
            info=info,
        )
        found.update({place(key): key for key in keys})
    promised = state.released(task.owner_id, task.id)
    mine = _receipts(state, task.requester_id)
    _require(found, (row for row in mine if row.audience is None and row.compartment in promised))
    return list(found.values())


def _receipts(state: State, agency_id: UUID) -> Iterator[Receipt]:
    """The keys this agency was given and must still have."""
    return (row for row in state.receipts if row.agency_id == agency_id)


def _require(found: Keys, receipts: Iterable[Receipt]) -> None:
    """Raise ``CannotOpen`` unless every one of these keys was found: a wrap deleted would hide what it opens."""
    if any((row.compartment, row.audience, row.epoch) not in found for row in receipts):
        raise Forged("a wrap that is gone")


def place(key: DataKey) -> Place:
    """What a data key is for."""
    return key.compartment, key.audience, key.epoch


def write(
    *,
    folder_id: UUID,
    received: Mapping[UUID, Iterable[DataKey]],
    author: UUID,
    epoch: int,
    agencies: Mapping[UUID, Agency],
    delegated_by: Mapping[UUID, UUID],
    at: datetime,
) -> None:
    """Wrap what each connected agency receives: one bundle per agency and key purpose.

    What the acting agency, ``author``, wrote in this ``epoch`` is in a bundle of its own: it keeps that.
    """
    lots: dict[tuple[UUID, KeyPurpose, bool], list[DataKey]] = defaultdict(list)
    for agency_id, keys in received.items():
        if agencies[agency_id].connected:
            for key in keys:
                own = agency_id == author and key.epoch == epoch
                lots[agency_id, OPENED_BY[key.compartment], own].append(key)
    recipients = keyring.recipient_keys({(agency_id, purpose) for agency_id, purpose, _own in lots})
    insert(
        Wrap(
            folder_id=folder_id,
            agency_id=agency_id,
            key_id=recipients[agency_id, purpose].id,
            mask=mask_of(key.compartment for key in keys),
            sealed=keyring.wrap(
                recipients[agency_id, purpose], bundles.encode(keys), info=contexts.bundle(folder_id=folder_id)
            ),
            delegated_by_id=None if own else delegated_by.get(agency_id),
            own=own,
            created_at=at,
        )
        for (agency_id, purpose, own), keys in lots.items()
    )


def delete(*, folder_id: UUID, agency_id: UUID) -> None:
    """Take back what others shared with an agency that left: never its keys to what it wrote itself.

    What it has read it has read.
    """
    Wrap.objects.filter(folder_id=folder_id, agency_id=agency_id, own=False).delete()
