"""What something is done for: said by the role, so that nobody is asked while working (R-S-07). Pure.

An emergency, an accounting and a legal paper carry the purpose of their own act.
"""

from collections.abc import Mapping
from types import MappingProxyType

from agencies.actor import Actor
from agencies.kinds import Purpose
from agencies.roles import Role

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


def purpose_of(role: Role) -> Purpose | None:
    """What this role works for; ``None`` for one that works with no referral."""
    return _WORK.get(role)


def working_for(actor: Actor) -> Purpose | None:
    """What an actor works for: what a machine's client is registered with, else what its role says.

    What is registered takes the place of the role's, and gives none to a role that has none.
    """
    of_role = purpose_of(actor.role)
    return of_role and (actor.purpose or of_role)
