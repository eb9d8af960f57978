"""Whether an actor's membership is in force this moment: asked of the database every time, never remembered."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.compiled import ask
from agencies.kinds import AgencyKind
from agencies.models import Membership
from agencies.roles import fits
from agencies.vault.errors import CannotOpen

if TYPE_CHECKING:
    from django.db.models import QuerySet


def require_member(actor: Actor) -> None:
    """Raise ``CannotOpen`` unless the membership is in force, in the actor's agency and with its very role.

    Neither does one count whose role no agency of that kind has.
    """
    kinds = ask(
        _kind_of_agency,
        at=timezone.now(),
        membership_id=actor.membership_id,
        agency_id=actor.agency_id,
        role=actor.role.value,
    )
    if not any(fits(AgencyKind(kind), actor.role) for kind in kinds):
        raise CannotOpen


def _kind_of_agency(*, at: datetime, membership_id: UUID, agency_id: UUID, role: str) -> "QuerySet[Membership, str]":
    rows = Membership.objects.live(at).filter(pk=membership_id, agency_id=agency_id, role=role)
    return rows.values_list("agency__kind", flat=True)
