"""What one may do for an agency, and which role is given what to begin with (gate 1)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from fhir.content.compartments import Compartment

from .roles import Role


class Capability(StrEnum):
    """A guardian permission on Agency. The value is the permission's codename."""

    VIEW_INBOX = "view_inbox"
    SEND_REFERRALS = "send_referrals"
    ANSWER_REFERRALS = "answer_referrals"
    RECORD_ANSWERS = "record_answers"
    FIND_CLIENTS = "find_clients"
    OPEN_REQUEST = "open_request"
    OPEN_CONTACT = "open_contact"
    OPEN_INCIDENT = "open_incident"
    OPEN_CLINICAL = "open_clinical"
    OPEN_SUD = "open_sud"
    OPEN_TRANSPORT = "open_transport"
    OPEN_OUTCOME = "open_outcome"
    VIEW_AUDIT = "view_audit"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_KEYS = "manage_keys"


OPEN: Mapping[Compartment, Capability] = MappingProxyType(
    {compartment: Capability(f"open_{compartment}") for compartment in Compartment}
)

_C = Capability
_SENDER = {_C.VIEW_INBOX, _C.SEND_REFERRALS}
_HELPER = _SENDER | {
    _C.ANSWER_REFERRALS,
    _C.RECORD_ANSWERS,
    _C.FIND_CLIENTS,
    _C.OPEN_REQUEST,
    _C.OPEN_CONTACT,
    _C.OPEN_CLINICAL,
    _C.OPEN_SUD,
    _C.OPEN_OUTCOME,
}

GRANTS: Mapping[Role, frozenset[Capability]] = MappingProxyType(
    {
        Role.OFFICER: frozenset(_SENDER | {_C.OPEN_REQUEST, _C.OPEN_CONTACT, _C.OPEN_INCIDENT}),
        Role.BHU_OFFICER: frozenset(
            _SENDER
            | {
                _C.ANSWER_REFERRALS,
                _C.FIND_CLIENTS,
                _C.OPEN_REQUEST,
                _C.OPEN_CONTACT,
                _C.OPEN_INCIDENT,
                _C.OPEN_TRANSPORT,
            }
        ),
        Role.DISPATCHER: frozenset({_C.SEND_REFERRALS}),
        Role.CLINICIAN: frozenset(_HELPER | {_C.OPEN_INCIDENT, _C.OPEN_TRANSPORT}),
        Role.COORDINATOR: frozenset(_HELPER | {_C.OPEN_INCIDENT, _C.OPEN_TRANSPORT}),
        Role.COACH: frozenset(
            {
                _C.VIEW_INBOX,
                _C.FIND_CLIENTS,
                _C.OPEN_REQUEST,
                _C.OPEN_CONTACT,
                _C.OPEN_INCIDENT,
                _C.OPEN_SUD,
                _C.OPEN_TRANSPORT,
            }
        ),
        Role.INTAKE: frozenset(_HELPER | {_C.OPEN_TRANSPORT}),
        Role.DRIVER: frozenset({_C.OPEN_TRANSPORT}),
        Role.AGENCY_ADMIN: frozenset({_C.MANAGE_MEMBERS, _C.MANAGE_KEYS}),
        Role.PRIVACY_OFFICER: frozenset({_C.VIEW_AUDIT}),
        Role.NETWORK_ADMIN: frozenset(),
        Role.ANALYST: frozenset(),
        Role.LIAISON: frozenset(),
        Role.WELLNESS: frozenset(),
        Role.CHIEF: frozenset(),
        Role.CLIENT: frozenset(),
        Role.MACHINE: frozenset(),
    }
)


def opens_clients(role: Role) -> bool:
    """Whether this role is given to read any part of what is said of a client."""
    return not GRANTS[role].isdisjoint(OPEN.values())
