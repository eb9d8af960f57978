"""The most a partner's system may be granted: what its role, as its agency grants it, can do at all. Pure.

The gates decide on each request. This only keeps a token from saying more than they could ever let through.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agencies.capabilities import OPEN, Capability
from agencies.roles import Role
from fhir.content.compartments import Compartment
from fhir.content.types import Arrival, allowed
from referrals.policy.matrix import Action, permits

from .scopes import Scopes, parse, text, union

ROLES = frozenset(
    {
        Role.OFFICER,
        Role.BHU_OFFICER,
        Role.DISPATCHER,
        Role.CLINICIAN,
        Role.COORDINATOR,
        Role.INTAKE,
        Role.PRIVACY_OFFICER,
    }
)
"""What a partner's system may be. It manages nobody, and approves nothing."""

_P = Compartment
# Where a resource of the type may come to lie. Author and labels decide which (fhir.content.compartments).
PLACES: Mapping[str, frozenset[Compartment]] = MappingProxyType(
    {
        "Patient": frozenset({_P.CONTACT}),
        "Consent": frozenset({_P.CONTACT, _P.SUD}),
        "QuestionnaireResponse": frozenset({_P.CLINICAL, _P.SUD}),
        "Observation": frozenset({_P.INCIDENT, _P.CLINICAL, _P.SUD}),
        "Condition": frozenset({_P.INCIDENT, _P.CLINICAL, _P.SUD}),
        "DocumentReference": frozenset({_P.INCIDENT, _P.CLINICAL, _P.SUD}),
        "Communication": frozenset({_P.INCIDENT, _P.CLINICAL, _P.SUD, _P.OUTCOME}),
    }
)

_C = Capability
BY_CAPABILITY: Mapping[Capability, str] = MappingProxyType(
    {
        _C.VIEW_INBOX: "system/Task.rs system/ServiceRequest.rs system/Provenance.rs system/Subscription.cruds",
        _C.SEND_REFERRALS: "system/Task.cu system/ServiceRequest.cu",
        _C.ANSWER_REFERRALS: "system/Task.u",
        _C.RECORD_ANSWERS: "system/Task.u",
        _C.VIEW_AUDIT: "system/AuditEvent.rs",
    }
)
"""Beside what the matrix says of sections: what a grant opens by itself."""

WRITERS = frozenset({_C.SEND_REFERRALS, _C.ANSWER_REFERRALS})
"""One of these it takes to add or correct a section."""

DIRECTORY = " ".join(f"system/{type_}.rs" for type_ in (*allowed(Arrival.DIRECTORY), "Questionnaire"))
"""Open to every member of the network."""


def ceiling(role: Role, capabilities: Iterable[Capability]) -> Scopes:
    """The most that ``role`` may be granted while it holds ``capabilities``; nothing for a role no system may have."""
    held = frozenset(capabilities)
    if role not in ROLES:
        return parse("")
    found = parse(" ".join([DIRECTORY, *(BY_CAPABILITY[each] for each in held if each in BY_CAPABILITY)]))
    return union(found, {type_: _sections(role, held, places) for type_, places in PLACES.items()})


def _sections(role: Role, held: frozenset[Capability], places: frozenset[Compartment]) -> frozenset[str]:
    """The letters for sections of a type that may lie in ``places``. Nobody deletes."""
    writes = bool(held & WRITERS)
    may = {
        "c": writes and any(permits(role, place, Action.CREATE) for place in places),
        "rs": any(OPEN[place] in held and permits(role, place, Action.READ) for place in places),
        "u": writes and any(permits(role, place, Action.UPDATE) for place in places),
    }
    return frozenset(letter for letters, yes in may.items() if yes for letter in letters)


def offered() -> str:
    """Every scope that some role could be granted, as discovery names them."""
    everything: Scopes = parse("system/*.rs")
    named = union(parse(""), {})
    for role in ROLES:
        named = union(named, ceiling(role, Capability))
    return " ".join([text(named), text(everything)])
