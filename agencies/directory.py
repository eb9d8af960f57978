"""Who stands in the directory: agencies for everybody on the network, members for those of their own agency."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from uuid import UUID

from django.utils import timezone

from .actor import Actor
from .models import Agency, Membership, User

_HANDLE, _ID = re.compile(r"[-a-zA-Z0-9_]+"), re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
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


class Names(Mapping[str, str]):
    """What agencies are called, by handle; by id only those ``known`` to the reader: a bare id tells nobody a name.

    The directory is asked once, and not before somebody looks a handle up.
    """

    def __init__(self, known: Mapping[UUID, str] = MappingProxyType({})) -> None:
        self._known = {str(id_): name for id_, name in known.items()}

    @cached_property
    def _by_handle(self) -> dict[str, str]:
        return dict(Agency.objects.values_list("slug", "name"))

    def __getitem__(self, key: str) -> str:
        if key in self._known:
            return self._known[key]
        if _ID.fullmatch(key) or not _HANDLE.fullmatch(key):
            raise KeyError(key)
        return self._by_handle[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known | self._by_handle)

    def __len__(self) -> int:
        return len(self._known | self._by_handle)


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
