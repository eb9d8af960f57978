"""The offices of an agency: a role and the grant that goes with it, always asked together. Pure.

A grant lent to another role reads, and decides nothing; a role without its grant holds no office.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from .actor import Actor
from .capabilities import Capability
from .roles import Role


class Office(StrEnum):
    """Who decides for an agency. There is no role of a records officer yet: the agency's admin is it."""

    RECORDS = "records"
    PRIVACY = "privacy"


HELD_BY: Mapping[Office, tuple[Role, Capability]] = MappingProxyType(
    {
        Office.RECORDS: (Role.AGENCY_ADMIN, Capability.MANAGE_MEMBERS),
        Office.PRIVACY: (Role.PRIVACY_OFFICER, Capability.VIEW_AUDIT),
    }
)


def holds(actor: Actor, office: Office) -> bool:
    """Whether the actor holds ``office`` in its agency."""
    role, capability = HELD_BY[office]
    return actor.role is role and actor.may(capability)


def is_privacy_officer(actor: Actor) -> bool:
    """Whether the actor is a privacy officer of its agency."""
    return holds(actor, Office.PRIVACY)
