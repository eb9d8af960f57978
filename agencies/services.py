"""Opening an agency, taking on members, and making the Actor at the door."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from audit import log

from . import access
from .actor import Actor
from .capabilities import GRANTS, Capability
from .compiled import ask
from .errors import NotAMember, UnknownAgency
from .kinds import AgencyKind
from .models import Agency, MachineClient, Membership, RoleGroup, Town, User
from .roles import Role, fits
from .vault import keyring

if TYPE_CHECKING:
    from django.db.models import QuerySet

SYSTEM = "System/setup"


@transaction.atomic
def open_agency(*, by: str, towns: Iterable[Town] = (), **fields: Any) -> Agency:
    """Put an agency on the network: its row, a Group and grants for every role, and keys if it is connected.

    ``by`` is the log's name for who did it (``Membership/<id>`` or ``System/setup``); ``fields`` are those of
    ``Agency``. Raises ``ValidationError`` naming the field that is wrong.
    """
    agency = Agency(**fields)
    agency.full_clean()
    agency.save(force_insert=True)
    agency.towns_served.set(towns)
    groups = dict(zip(Role, Group.objects.bulk_create(Group(name=f"{agency.id}:{role}") for role in Role), strict=True))
    RoleGroup.objects.bulk_create(
        RoleGroup(agency=agency, role=role.value, group=group) for role, group in groups.items()
    )
    access.give({group: GRANTS[role] for role, group in groups.items()}, agency=agency)
    if agency.connected:
        keyring.create_keys(agency.id)
    log.record(action="agency.open", target=f"Agency/{agency.id}", actor=by, agency=str(agency.id))
    return agency


def agency_called(slug: str) -> Agency:
    """The active agency with this handle. Raises ``UnknownAgency``."""
    try:
        return Agency.objects.get(slug=slug, is_active=True)
    except Agency.DoesNotExist:
        raise UnknownAgency(f"No agency is called {slug!r} on this network.") from None


@transaction.atomic
def add_member(
    *, by: str, agency: Agency, role: Role, user: User | None = None, client: MachineClient | None = None
) -> Membership:
    """Give a person or a machine a place in ``agency``.

    Raises ``ValidationError`` naming the field: so for a role that an agency of this kind does not have.
    """
    membership = Membership(agency=agency, role=role.value, user=user, client=client)
    membership.full_clean()
    membership.save(force_insert=True)
    _record("membership.add", membership, by)
    return membership


@transaction.atomic
def end_membership(*, by: str, membership_id: UUID, at: datetime | None = None) -> None:
    """End a membership now or at ``at``. From then on it opens nothing, whatever was handed out before.

    Raises ``NotAMember`` for one that has ended: nothing brings it back.
    """
    membership = Membership.objects.select_for_update(no_key=True).get(pk=membership_id)
    now = timezone.now()
    if membership.until is not None and membership.until <= now:
        raise NotAMember("This membership has ended already.")
    membership.until = max(at or now, membership.since + timedelta(microseconds=1))
    membership.save(update_fields=["until"])
    _record("membership.end", membership, by)


def _record(action: str, membership: Membership, by: str) -> None:
    log.record(
        action=action,
        target=f"Membership/{membership.id}",
        actor=by,
        agency=str(membership.agency_id),
        code=membership.role,
    )


def actor_for(membership: Membership) -> Actor:
    """The actor this membership makes right now.

    Raises ``NotAMember`` when it is not in force, or its role is none that an agency of this kind has.

    A superuser gets what the role of the membership gives, like everybody else.
    """
    rows = ask(_live, access.content_type(), at=timezone.now(), membership_id=membership.pk)
    if not rows:
        raise NotAMember("You are no longer a member of this agency.")
    id_, agency_id, kind, role, _codename = rows[0]
    return _made(id_, agency_id, kind, role, (row[-1] for row in rows))


def _made(id_: UUID, agency_id: UUID, kind: str, role: str, grants: Iterable[str | None]) -> Actor:
    if not fits(AgencyKind(kind), Role(role)):
        raise NotAMember("An agency of this kind has no such role as yours.")
    return Actor(
        membership_id=id_,
        agency_id=agency_id,
        kind=AgencyKind(kind),
        role=Role(role),
        capabilities=access.capabilities(grants),
    )


def actors_of(user: User) -> list[tuple[Membership, Actor]]:
    """Every membership of a person that is in force and fits, with the actor it makes now, oldest first; one query.

    One row that does not fit is nobody; it takes nothing from the others.
    """
    rows: list[Any] = ask(_live_of, access.content_type(), at=timezone.now(), user_id=user.pk)
    made = []
    for _id, group in groupby(rows, key=attrgetter("pk")):
        row, *others = group
        grants = (each.grant for each in (row, *others))
        with suppress(NotAMember):
            made.append((row, _made(row.pk, row.agency_id, row.agency.kind, row.role, grants)))
    return made


def misfits() -> list[Membership]:
    """The memberships in force whose role no agency of that kind has, oldest first: written past ``add_member``."""
    live = Membership.objects.live(timezone.now()).select_related("agency")
    return [row for row in live.order_by("id") if not row.fits]


def _live(content_type_id: int, *, at: datetime, membership_id: UUID) -> "QuerySet[Membership, Any]":
    rows = Membership.objects.live(at).filter(pk=membership_id)
    return access.with_grants(rows, content_type_id, "id", "agency_id", "agency__kind", "role")


def _live_of(content_type_id: int, *, at: datetime, user_id: UUID) -> "QuerySet[Membership, Any]":
    rows = Membership.objects.live(at).filter(user_id=user_id).select_related("agency")
    return access.with_each_grant(rows, content_type_id).order_by("since", "id")


def membership_of(*, email: str, agency: str | None = None) -> Membership:
    """The one live membership of the person with this address, in ``agency`` (a handle) if given.

    Raises ``NotAMember`` when there is none, or when there are several and no agency says which.
    """
    found = Membership.objects.live(timezone.now()).filter(user__email=email.lower())
    if agency is not None:
        found = found.filter(agency__slug=agency)
    rows = list(found.select_related("agency").order_by("since"))
    if not rows:
        raise NotAMember(f"{email} is not a member of {agency or 'any agency here'}.")
    if len(rows) > 1:
        places = ", ".join(row.agency.slug for row in rows)
        raise NotAMember(f"{email} belongs to several agencies: say for which, with --from, of: {places}.")
    return rows[0]


def change_grants(
    *, by: str, agency: Agency, role: Role, give: Iterable[Capability] = (), take: Iterable[Capability] = ()
) -> None:
    """Change what ``role`` may do for ``agency``; actors made from now on carry it."""
    with transaction.atomic():
        group = RoleGroup.objects.select_related("group").get(agency=agency, role=role.value).group
        access.give({group: give}, agency=agency)
        access.take(group=group, agency=agency, capabilities=take)
        log.record(action="role.change", target=f"Agency/{agency.id}", actor=by, agency=str(agency.id), code=role.value)
