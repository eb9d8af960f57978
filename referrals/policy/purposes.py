"""What something is done for: said by the way in, so that nobody is asked while working (R-S-07). Pure.

A person is asked only where the way in cannot know: emergency access, a review, a legal paper, a first opening
without a relationship.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from agencies.actor import Actor
from agencies.kinds import Purpose
from agencies.roles import Role


class Way(StrEnum):
    """The way in, as far as it says why: the page, job or interaction an actor came by."""

    WORK = "work"
    EMERGENCY = "emergency"
    ACCOUNTING = "accounting"
    LEGAL = "legal"
    UNKNOWN = "unknown"


_WORK: Mapping[Role, Purpose] = MappingProxyType(
    {
        Role.OFFICER: Purpose.COORDINATION,
        Role.BHU_OFFICER: Purpose.COORDINATION,
        Role.DISPATCHER: Purpose.COORDINATION,
        Role.CLINICIAN: Purpose.TREATMENT,
        Role.COORDINATOR: Purpose.COORDINATION,
        Role.COACH: Purpose.CARE_MANAGEMENT,
        Role.INTAKE: Purpose.TREATMENT,
        Role.DRIVER: Purpose.COORDINATION,
        Role.PRIVACY_OFFICER: Purpose.OPERATIONS,
        Role.CLIENT: Purpose.PATIENT_REQUEST,
    }
)
"""A role that is not here works with no referral, so it has no purpose to."""

_OF_ITS_OWN: Mapping[Way, Purpose] = MappingProxyType(
    {
        Way.EMERGENCY: Purpose.EMERGENCY_TREATMENT,
        Way.ACCOUNTING: Purpose.PATIENT_REQUEST,
        Way.LEGAL: Purpose.LEGAL,
    }
)


def purpose_of(role: Role, way: Way = Way.WORK) -> Purpose | None:
    """The purpose of an act by this role on this way; ``None`` where a person must be asked."""
    if way is Way.WORK:
        return _WORK.get(role)
    return _OF_ITS_OWN.get(way)


def working_for(actor: Actor) -> Purpose | None:
    """What an actor works for: what a machine's client is registered with, else what its role says.

    What is registered takes the place of the role's, and gives none to a role that has none.
    """
    of_role = purpose_of(actor.role)
    return of_role and (actor.purpose or of_role)
