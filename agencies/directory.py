"""Who stands in the directory: agencies for everybody on the network, members for those of their own agency."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from .actor import Actor
from .models import Agency, Membership, User

_LINE = re.compile(r"(?P<line>.+), (?P<city>[^,]+), (?P<state>[A-Z]{2}) (?P<postal_code>\d{5}(-\d{4})?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an agency is: the one line it gave, and its parts where the line has them."""

    text: str
    line: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of one's own agency. No telephone number and no e-mail address of a person is in the directory."""

    id: UUID
    name: str
    active: bool


def address_of(agency: Agency) -> Address | None:
    """The address of an agency, ``None`` without one."""
    found = _LINE.fullmatch(agency.address)
    parts = {name: value or "" for name, value in found.groupdict().items()} if found else {}
    return Address(text=agency.address, **parts) if agency.address else None


def agencies(ids: Collection[UUID] | None = None) -> list[Agency]:
    """The active agencies, all or those among ``ids``, oldest first, with their towns."""
    found = Agency.objects.filter(is_active=True).prefetch_related("towns_served")
    return list((found if ids is None else found.filter(pk__in=ids)).order_by("id"))


def names(known: Collection[UUID] = ()) -> dict[str, str]:
    """What agencies are called, by handle; by id only those ``known`` to the reader: a bare id tells nobody a name."""
    rows = Agency.objects.values_list("pk", "slug", "name")
    return {key: name for id_, slug, name in rows for key in ((slug, str(id_)) if id_ in known else (slug,))}


def called(slugs: Collection[str]) -> frozenset[UUID]:
    """The ids of the active agencies with these handles."""
    return frozenset(Agency.objects.filter(slug__in=slugs, is_active=True).values_list("pk", flat=True))


def members(actor: Actor, ids: Collection[UUID] | None = None) -> list[Membership]:
    """The members the actor's agency has or had, oldest first."""
    found = Membership.objects.filter(agency_id=actor.agency_id).select_related("user", "client")
    return list((found if ids is None else found.filter(pk__in=ids)).order_by("id"))


def people(actor: Actor, ids: Collection[UUID] | None = None) -> list[Person]:
    """The people among these members, each once; active while a membership here is in force."""
    now = timezone.now()
    users = User.objects.filter(memberships__agency_id=actor.agency_id).distinct()
    found = (users if ids is None else users.filter(pk__in=ids)).order_by("id")
    live = set(Membership.objects.live(now).filter(agency_id=actor.agency_id).values_list("user_id", flat=True))
    return [Person(id=user.id, name=user.name, active=user.id in live) for user in found]
