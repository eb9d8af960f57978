"""After a rotation: rows that are each sealed to a key of their own agency are carried over to its successor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from agencies.vault import keyring
from agencies.vault.errors import CannotOpen
from agencies.vault.models import AgencyKey, KeyState
from agencies.vault.purposes import KeyPurpose
from audit import log
from audit.outcome import Outcome

if TYPE_CHECKING:
    from django.db.models import QuerySet

BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Rows with a ``key``: which there are, the ``column`` of the wrap, what it is bound to, the name in the log."""

    rows: "Callable[[], QuerySet[Any]]"
    column: str
    bound: Callable[[Any], bytes]
    target: Callable[[Any], str]


def rewrap_all(kind: Kind) -> int:
    """Carry every row of a retired key over to its successor, batch by batch; returns how many.

    Safe to run twice and at once. What does not open stays behind, recorded, and holds nobody up.
    """
    carried, after = 0, UUID(int=0)
    while batch := _rewrap(kind, after):
        carried, after = carried + sum(batch.values()), max(batch)
    return carried


@transaction.atomic
def _rewrap(kind: Kind, after: UUID) -> dict[UUID, bool]:
    """The next rows of retired keys, and whether each was carried over."""
    locked = kind.rows().select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("key")
    rows = list(locked.filter(key__state=KeyState.RETIRED.value, pk__gt=after).order_by("id")[:BATCH])
    new = keyring.recipient_keys(map(_whose, rows), fresh=True)  # another process may have rotated
    return {row.pk: _carry(kind, row, new[_whose(row)]) for row in rows}


def _whose(row: Any) -> tuple[UUID, KeyPurpose]:
    return row.key.agency_id, KeyPurpose(row.key.purpose)


def _carry(kind: Kind, row: Any, new: AgencyKey) -> bool:
    sealed = bytes(getattr(row, kind.column))
    try:
        wrapped = keyring.rewrap(old_key_id=row.key_id, new_key=new, sealed=sealed, info=kind.bound(row))
    except CannotOpen as broken:
        _record(kind, row, outcome=Outcome.SERIOUS, code=broken.code)
        return False
    row.key = new
    setattr(row, kind.column, wrapped)
    row.save(update_fields=["key", kind.column])
    _record(kind, row)
    return True


def _record(kind: Kind, row: Any, *, outcome: Outcome = Outcome.SUCCESS, code: str = "") -> None:
    log.record(
        action="keys.rewrap",
        target=kind.target(row),
        actor="System/rewrap",
        agency=str(row.key.agency_id),
        outcome=outcome,
        code=code,
    )
