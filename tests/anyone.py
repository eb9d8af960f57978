"""Somebody of any role in any agency, also of a role that its kind does not have.

Such a one is nobody (``agencies.roles.FITTING``). Tests that ask what a role may do make him past the service and past
``actor_for``: what lies behind those two must hold by itself.
"""

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.kinds import AgencyKind
from agencies.models import Agency, AgencyGroupPermission, Membership, User
from agencies.roles import Role
from agencies.services import actor_for, add_member

SETUP = "System/setup"


def member(where: Agency, role: Role, name: str) -> Actor:
    """Somebody more in an agency, called ``name`` there."""
    user = User.objects.create_user(f"{name}@{where.slug}.example.org")
    forged = Membership(agency=where, role=role.value, user=user)
    if forged.fits:
        return actor_for(add_member(by=SETUP, agency=where, role=role, user=user))
    forged.save(force_insert=True)
    return actor_now(forged)


def actor_now(membership: Membership) -> Actor:
    """What ``actor_for`` makes, whether or not the role fits."""
    where, role = membership.agency, Role(membership.role)
    if membership.fits:
        return actor_for(membership)
    return Actor(
        membership_id=membership.id,
        agency_id=where.id,
        kind=AgencyKind(where.kind),
        role=role,
        capabilities=granted(where, role),
    )


def granted(where: Agency, role: Role) -> frozenset[Capability]:
    """The grants that the Group of a role has on its agency, as the rows say."""
    of_role = {"group__rolegroup__agency": where, "group__rolegroup__role": role.value}
    rows = AgencyGroupPermission.objects.filter(content_object=where, **of_role)
    return frozenset(map(Capability, rows.values_list("permission__codename", flat=True)))
