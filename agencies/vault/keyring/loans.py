"""Lending a member what its role does not have: for one folder, until a time. Asked anew at every opening."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.roles import Role
from agencies.vault.errors import CannotOpen
from agencies.vault.models import KeyLoan
from agencies.vault.purposes import LENT, PURPOSES, KeyPurpose


def lend(
    membership_id: UUID, role: Role, folder_id: UUID, purposes: Iterable[KeyPurpose], *, at: datetime, until: datetime
) -> None:
    """Let a member have what is wrapped to ``purposes`` in this folder opened until then; in the caller's transaction.

    Raises ``CannotOpen`` for what is lent to nobody of that role.
    """
    wanted = sorted(set(purposes))
    if not wanted or not LENT.get(role, frozenset()).issuperset(wanted):
        raise CannotOpen
    KeyLoan.objects.bulk_create(
        KeyLoan(membership_id=membership_id, folder_id=folder_id, purpose=purpose.value, since=at, until=until)
        for purpose in wanted
    )


def take_back(membership_id: UUID, folder_id: UUID, *, at: datetime) -> None:
    """End now what a member was lent for this folder."""
    live = KeyLoan.objects.filter(membership_id=membership_id, folder_id=folder_id, since__lte=at, until__gt=at)
    live.update(until=at)


def purposes_of(actor: Actor, folder_id: UUID) -> frozenset[KeyPurpose]:
    """The purposes this actor may have opened in this folder now: those of its role, and those it is lent."""
    lendable, now = LENT.get(actor.role), timezone.now()
    if lendable is None:
        return PURPOSES[actor.role]
    live = KeyLoan.objects.filter(membership_id=actor.membership_id, folder_id=folder_id, since__lte=now, until__gt=now)
    lent = frozenset(KeyPurpose(purpose) for purpose in live.values_list("purpose", flat=True))
    return PURPOSES[actor.role] | (lent & lendable)
