"""Which key opens which compartment, and which role may have which key opened: two frozen tables (gate 4). Pure.

The keyring asks these tables itself, so a mistake in the other gates still opens nothing a role's keys do not reach.
Sealing asks neither: a role may write what it can never read back.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from agencies.roles import Role
from fhir.content.compartments import Compartment


class KeyPurpose(StrEnum):
    """What one of an agency's keys is for. ``SYSTEM`` signs for the agency and opens nothing.

    ``LEGAL`` opens no compartment: legal papers and mandated reports are sealed to it (``referrals.legal``). Nor does
    ``DRAFT``: what is not sent yet is sealed to it, and to its author (``referrals.drafts``).
    """

    GENERAL = "general"
    CLINICAL = "clinical"
    SUD = "sud"
    TRANSPORT = "transport"
    SYSTEM = "system"
    LEGAL = "legal"
    DRAFT = "draft"


OPENED_BY: Mapping[Compartment, KeyPurpose] = MappingProxyType(
    {
        Compartment.REQUEST: KeyPurpose.GENERAL,
        Compartment.CONTACT: KeyPurpose.GENERAL,
        Compartment.INCIDENT: KeyPurpose.GENERAL,
        Compartment.CLINICAL: KeyPurpose.CLINICAL,
        Compartment.SUD: KeyPurpose.SUD,
        Compartment.TRANSPORT: KeyPurpose.TRANSPORT,
        Compartment.OUTCOME: KeyPurpose.CLINICAL,
    }
)

_NONE: frozenset[KeyPurpose] = frozenset()
_WRITING = frozenset({KeyPurpose.DRAFT})
_GENERAL = _WRITING | {KeyPurpose.GENERAL}
_MOVING = _GENERAL | {KeyPurpose.TRANSPORT}
_TREATING = _MOVING | {KeyPurpose.CLINICAL, KeyPurpose.SUD}

PURPOSES: Mapping[Role, frozenset[KeyPurpose]] = MappingProxyType(
    {
        Role.OFFICER: _GENERAL,
        Role.BHU_OFFICER: _MOVING,
        Role.DISPATCHER: _WRITING,
        Role.CLINICIAN: _TREATING,
        Role.COORDINATOR: _TREATING,
        Role.INTAKE: _TREATING,
        # Domain.md §2 gives a coach no clinical records, so outcomes, which share that key, stay shut as well.
        Role.COACH: _MOVING | {KeyPurpose.SUD},
        Role.DRIVER: frozenset({KeyPurpose.TRANSPORT}),
        Role.AGENCY_ADMIN: _NONE,
        Role.PRIVACY_OFFICER: frozenset({KeyPurpose.LEGAL}),
        Role.NETWORK_ADMIN: _NONE,
        Role.ANALYST: _NONE,
        Role.LIAISON: _NONE,
        Role.WELLNESS: _NONE,
        Role.CHIEF: _NONE,
        Role.CLIENT: _NONE,
        # A partner's system can send but not read until a membership can say what it reads for.
        Role.MACHINE: _NONE,
    }
)

LENT: Mapping[Role, frozenset[KeyPurpose]] = MappingProxyType(
    {
        Role.PRIVACY_OFFICER: frozenset(
            {KeyPurpose.GENERAL, KeyPurpose.CLINICAL, KeyPurpose.SUD, KeyPurpose.TRANSPORT}
        ),
    }
)
"""What a role does not have and one of its members may be lent: for one folder, until a time (``keyring.lend``).

A role that is not here is lent nothing, and nobody asks whether it was.
"""
