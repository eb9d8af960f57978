"""Who holds an office of an agency now, and which agencies lack somebody: what nobody may read, nobody reads."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from . import access
from .models import Agency, Membership
from .offices import HELD_BY, Office


def has(agency_id: UUID, office: Office, *, at: datetime) -> bool:
    """Whether somebody in force holds ``office`` in this agency: the role, where it still has its grant."""
    role, capability = HELD_BY[office]
    there = Membership.objects.live(at).filter(agency_id=agency_id, role=role.value)
    return capability in access.capabilities(name for (name,) in access.with_grants(there, access.content_type()))


def without(office: Office, *, at: datetime) -> list[Agency]:
    """The agencies on the network, by their handles, that people work at and nobody holds ``office`` in."""
    working: Collection[UUID] = set(Membership.objects.live(at).values_list("agency_id", flat=True))
    found = Agency.objects.filter(pk__in=working, connected=True).order_by("slug")
    return [agency for agency in found if not has(agency.pk, office, at=at)]
