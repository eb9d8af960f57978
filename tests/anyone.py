"""Somebody of any role in any agency, also of a role that its kind does not have.

Such a one is nobody (``agencies.roles.FITTING``). Tests that ask what a role may do make him past the service and past
``actor_for``: what lies behind those two must hold by itself.
"""

from agencies import access
from agencies.actor import Actor
from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership, User
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
        capabilities=access.held(agency_id=where.id, role=role),
    )
