"""Opening what is wrapped to an agency: gate 4. Asks the membership and the two tables itself, every time."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from agencies.actor import Actor
from agencies.vault import bundles, contexts, suites
from agencies.vault.bundles import DataKey
from agencies.vault.errors import CannotOpen
from agencies.vault.manifests import State
from agencies.vault.models import AgencyKey
from agencies.vault.purposes import PURPOSES, KeyPurpose

from .loans import purposes_of
from .memory import kept_all
from .standing import require_member
from .unsealed import private_half


class Wrapped(NamedTuple):
    """One wrap to open: for which key, its bytes, and what the sealer bound."""

    key_id: UUID
    sealed: bytes
    info: bytes


def open(actor: Actor, *, key_id: UUID, sealed: bytes, info: bytes) -> bytes:  # noqa: A001  the vault's own verb
    """One of ``open_all``."""
    return open_all(actor, [Wrapped(key_id, sealed, info)])[0]


def open_all(actor: Actor, wraps: Iterable[Wrapped]) -> list[bytes]:
    """What is in these wraps, in order; two queries at most, for any number.

    Raises ``CannotOpen`` unless the actor's membership is in force with this very role, each key is its agency's and
    of a purpose the role has, and each wrap opens.
    """
    return _opened(actor, wraps, PURPOSES[actor.role])


def open_in(actor: Actor, folder_id: UUID, wraps: Iterable[tuple[UUID, bytes]]) -> list[bytes]:
    """What is in these wraps of one folder, by key and sealed bytes, in order: also by what the actor is lent there.

    The folder is bound into each wrap, so what is lent for one opens nothing of another. Raises ``CannotOpen``.
    """
    info = contexts.bundle(folder_id=folder_id)
    listed = [Wrapped(key_id, sealed, info) for key_id, sealed in wraps]
    return _opened(actor, listed, purposes_of(actor, folder_id))


def _opened(actor: Actor, wraps: Iterable[Wrapped], reach: frozenset[KeyPurpose]) -> list[bytes]:
    listed = list(wraps)
    require_member(actor)
    rows = _rows({wrap.key_id for wrap in listed})
    return [_open_one(actor, rows.get(wrap.key_id), wrap, reach) for wrap in listed]


def open_delegated(
    agency_id: UUID, *, state: State, task_id: UUID, to: UUID, key_id: UUID, sealed: bytes, info: bytes
) -> list[DataKey]:
    """The data keys in a bundle of ``agency_id`` that it promised ``to`` on accepting ``task_id``, and no others.

    ``state`` is the folder's verified chain before the accept. Nobody's role is asked: the promise is the ground,
    and the caller logs the opening as delegated. Raises ``CannotOpen``, also if nothing was promised.
    """
    promises = [
        release.compartments
        for release, by in state.promised_by.items()
        if (by, release.task_id, release.agency_id) == (agency_id, task_id, to)
    ]
    row = _rows([key_id]).get(key_id)
    if row is None or row.agency_id != agency_id or not promises:
        raise CannotOpen
    keys = bundles.parse(unwrapped(row, sealed, info=info))
    return [key for key in keys if key.audience is None and any(key.compartment in promise for promise in promises)]


def unwrapped(row: AgencyKey, sealed: bytes, *, info: bytes) -> bytes:
    """What is in a wrap to this key. Asks nobody's leave: for the other files of the keyring only."""
    if row.suite not in suites.SUITES:
        raise CannotOpen
    private = private_half(row)
    return suites.unwrap(suite=row.suite, private=private, wrapped=sealed, info=bound(row, info))


def bound(row: AgencyKey, info: bytes) -> bytes:
    """``info`` together with the key it is for, so that a wrap is of no use under another row."""
    return contexts.recipient(
        key_id=row.id, agency_id=row.agency_id, purpose=row.purpose, epoch=row.epoch, suite=row.suite, info=info
    )


def _rows(key_ids: Iterable[UUID]) -> dict[UUID, AgencyKey]:
    return kept_all("row", key_ids, AgencyKey.objects.in_bulk)


def _open_one(actor: Actor, row: AgencyKey | None, wrap: Wrapped, reach: frozenset[KeyPurpose]) -> bytes:
    if row is None or row.agency_id != actor.agency_id or KeyPurpose(row.purpose) not in reach:
        raise CannotOpen
    return unwrapped(row, wrap.sealed, info=wrap.info)
