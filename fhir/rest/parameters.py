"""Search parameters as data. What is not in a table is not supported.

Four uses: of a *column* (lists), a *bound* (which referrals are opened), a *filter* (what of the opened, or of the
directory, is answered), and *blind* (a keyed hash of what points at a person; posted only, own agency only).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from referrals.workflow import State

from .told import ACTION, AGENCY, REFERENCE_NUMBER


class Kind(StrEnum):
    """How a value is read; the words are FHIR's search-param-type."""

    TOKEN = "token"  # noqa: S105  a kind of parameter, no secret
    DATE = "date"
    REFERENCE = "reference"
    STRING = "string"
    URI = "uri"


class Use(StrEnum):
    """What a parameter is good for."""

    COLUMN = "column"
    BOUND = "bound"
    FILTER = "filter"
    BLIND = "blind"
    AGENCY = "agency"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class Parameter:
    """``field`` is what it asks: a field of a query for columns and bounds, a path in the resource for filters.

    ``universe`` are all codes a column may hold, where ``:not`` is answered; ``always``: no row is without it, so that
    ``:missing`` can be answered.
    """

    kind: Kind
    use: Use
    field: str
    target: str = ""
    system: str = ""
    universe: frozenset[str] = frozenset()
    always: bool = False


Table = Mapping[str, Parameter]

_T, _D, _R, _U, _S = Kind.TOKEN, Kind.DATE, Kind.REFERENCE, Kind.URI, Kind.STRING
_STATUS = "http://hl7.org/fhir/task-status"
_PRIORITY = "http://hl7.org/fhir/request-priority"
_BUSINESS = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

MODIFIERS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.TOKEN: frozenset({"missing", "not", "text"}),
        Kind.DATE: frozenset({"missing"}),
        Kind.REFERENCE: frozenset({"missing", "identifier", "text"}),
        Kind.STRING: frozenset({"missing", "exact", "contains"}),
        Kind.URI: frozenset({"missing", "not"}),
    }
)
"""What a filter may carry behind its name."""


def _column(kind: Kind, field: str, target: str = "", system: str = "") -> Parameter:
    return Parameter(kind, Use.COLUMN, field, target, system)


def _coded(field: str, system: str, universe: type[StrEnum]) -> Parameter:
    return Parameter(_T, Use.COLUMN, field, "", system, frozenset(each.value for each in universe), always=True)


def _refers(field: str, target: str) -> Parameter:
    return Parameter(_R, Use.COLUMN, field, target, always=True)


def _filters(**paths: tuple[Kind, str] | tuple[Kind, str, str]) -> dict[str, Parameter]:
    """By name, the kind, the path in the resource, and of a reference what it is to."""
    made = {}
    for name, (kind, path, *target) in paths.items():
        made[name.replace("_", "-")] = Parameter(kind, Use.FILTER, path, "".join(target))
    return made


def _agency(field: str) -> Parameter:
    return Parameter(_T, Use.AGENCY, field, "", AGENCY)


_CLIENT = "patient.identifier"
_BOUNDS = {
    "_id": Parameter(_T, Use.BOUND, "resources"),
    "_lastUpdated": Parameter(_D, Use.FILTER, ""),
    "patient": Parameter(_R, Use.BOUND, "patients", "Patient"),
    "subject": Parameter(_R, Use.BOUND, "patients", "Patient"),
    _CLIENT: Parameter(_T, Use.BLIND, "requests"),
}
_REQUEST = {"based-on": Parameter(_R, Use.BOUND, "requests", "ServiceRequest")}
_ID = {"_id": Parameter(_T, Use.FILTER, "id")}

LISTED: Mapping[str, Table] = MappingProxyType(
    {
        "Task": {
            "_id": _column(_T, "ids"),
            "_lastUpdated": _column(_D, "changed"),
            "modified": _column(_D, "changed"),
            "authored-on": _column(_D, "authored"),
            "status": _coded("statuses", _STATUS, State),
            "business-status": _column(_T, "business", system=_BUSINESS),
            "priority": _column(_T, "priorities", system=_PRIORITY),
            "owner": _refers("owners", "Organization"),
            "owner:identifier": _agency("owners"),
            "owner.identifier": _agency("owners"),
            "requester": _refers("requesters", "Organization"),
            "requester:identifier": _agency("requesters"),
            "requester.identifier": _agency("requesters"),
            "patient": _refers("patients", "Patient"),
            "subject": _refers("patients", "Patient"),
            _CLIENT: Parameter(_T, Use.BLIND, "requests"),
            "focus": _refers("requests", "ServiceRequest"),
            "focus.identifier": _column(_T, "references", system=REFERENCE_NUMBER),
        },
        "ServiceRequest": {
            "_id": _column(_T, "ids"),
            "authored": _column(_D, "authored"),
            "status": _column(_T, "statuses", system="http://hl7.org/fhir/request-status"),
            "priority": _column(_T, "priorities", system=_PRIORITY),
            "identifier": _column(_T, "references", system=REFERENCE_NUMBER),
            "code": _column(_T, "services"),
            "patient": _refers("patients", "Patient"),
            "subject": _refers("patients", "Patient"),
            _CLIENT: Parameter(_T, Use.BLIND, "ids"),
        },
    }
)
"""Listed by columns, unsealing nothing."""

OPENED: Mapping[str, Table] = MappingProxyType(
    {
        "Patient": {"_id": _BOUNDS["_id"], "_lastUpdated": _BOUNDS["_lastUpdated"]}
        | _filters(
            identifier=(_T, "identifier"),
            name=(_S, "name"),
            family=(_S, "name.family"),
            given=(_S, "name.given"),
            gender=(_T, "gender"),
            birthdate=(_D, "birthDate"),
        ),
        "Consent": _BOUNDS
        | _filters(status=(_T, "status"), category=(_T, "category"), scope=(_T, "scope"), date=(_D, "dateTime")),
        "QuestionnaireResponse": _BOUNDS
        | _REQUEST
        | _filters(status=(_T, "status"), questionnaire=(_U, "questionnaire"), authored=(_D, "authored")),
        "Observation": _BOUNDS
        | _REQUEST
        | _filters(status=(_T, "status"), category=(_T, "category"), code=(_T, "code"), date=(_D, "effectiveDateTime")),
        "Condition": _BOUNDS
        | _filters(category=(_T, "category"), code=(_T, "code"), clinical_status=(_T, "clinicalStatus")),
        "DocumentReference": _BOUNDS
        | _filters(
            status=(_T, "status"),
            type=(_T, "type"),
            category=(_T, "category"),
            date=(_D, "date"),
            identifier=(_T, "identifier"),
        ),
        "Communication": _BOUNDS
        | _REQUEST
        | _filters(status=(_T, "status"), category=(_T, "category"), sent=(_D, "sent"), received=(_D, "received")),
    }
)
"""Opened first, each opening recorded, and filtered then; something must bound them."""

DIRECTORY: Mapping[str, Table] = MappingProxyType(
    {
        "Organization": _ID
        | _filters(
            identifier=(_T, "identifier"),
            name=(_S, "name"),
            type=(_T, "type"),
            active=(_T, "active"),
            address=(_S, "address"),
            address_city=(_S, "address.city"),
            address_state=(_S, "address.state"),
            address_postalcode=(_S, "address.postalCode"),
            partof=(_R, "partOf", "Organization"),
        ),
        "HealthcareService": _ID
        | _filters(
            identifier=(_T, "identifier"),
            name=(_S, "name"),
            active=(_T, "active"),
            organization=(_R, "providedBy", "Organization"),
            service_category=(_T, "category"),
            service_type=(_T, "type"),
            location=(_R, "location", "Location"),
            coverage_area=(_R, "coverageArea", "Location"),
        ),
        "Location": _ID
        | _filters(
            identifier=(_T, "identifier"),
            name=(_S, "name"),
            status=(_T, "status"),
            organization=(_R, "managingOrganization", "Organization"),
            address=(_S, "address"),
            address_city=(_S, "address.city"),
            address_state=(_S, "address.state"),
            address_postalcode=(_S, "address.postalCode"),
        ),
        "PractitionerRole": _ID
        | _filters(
            active=(_T, "active"),
            role=(_T, "code"),
            practitioner=(_R, "practitioner", "Practitioner"),
            organization=(_R, "organization", "Organization"),
        ),
        "Practitioner": _ID | _filters(name=(_S, "name"), active=(_T, "active")),
    }
)
"""Rows of the directory: few, nobody's secret, and filtered as FHIR."""

SIGNED: Mapping[str, Table] = MappingProxyType(
    {
        "Provenance": {
            "_id": Parameter(_T, Use.TARGET, "ids"),
            "target": Parameter(_R, Use.TARGET, "targets"),
            "patient": _BOUNDS["patient"],
        }
        | _filters(recorded=(_D, "recorded"), agent=(_R, "agent.who", "Organization"))
    }
)
"""Made of what it is about, which must be named."""

AUDITED: Mapping[str, Table] = MappingProxyType(
    {
        "AuditEvent": {
            "_id": Parameter(_T, Use.TARGET, "ids"),
            "date": _column(_D, "at"),
            "patient": _column(_R, "patients", "Patient"),
            "agent": _column(_R, "members", "PractitionerRole"),
            "entity": Parameter(_R, Use.TARGET, "entities"),
            "action": _column(_T, "actions", system="http://hl7.org/fhir/audit-event-action"),
            "subtype": _column(_T, "names", system=ACTION),
            "outcome": _column(_T, "outcomes", system="http://hl7.org/fhir/audit-event-outcome"),
        }
    }
)
"""An agency's own part of the log."""

SUBSCRIBED: Mapping[str, Table] = MappingProxyType(
    {
        "Subscription": _ID
        | _filters(
            status=(_T, "status"),
            criteria=(_S, "criteria"),
            url=(_U, "channel.endpoint"),
            type=(_T, "channel.type"),
            payload=(_T, "channel.payload"),
        )
    }
)
"""A client's own subscriptions."""

PARAMETERS: Mapping[str, Table] = MappingProxyType({**LISTED, **OPENED, **DIRECTORY, **SIGNED, **AUDITED, **SUBSCRIBED})

INCLUDES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Task": ("Task:focus", "Task:owner", "Task:requester"),
        "ServiceRequest": ("ServiceRequest:requester",),
        "HealthcareService": ("HealthcareService:organization", "HealthcareService:location"),
        "Location": ("Location:organization",),
        "PractitionerRole": ("PractitionerRole:organization", "PractitionerRole:practitioner"),
    }
)
"""What a list may bring along: other lists' rows and the directory, never what would have to be opened."""

REVINCLUDES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Organization": ("HealthcareService:organization", "Location:organization", "PractitionerRole:organization"),
        "Location": ("HealthcareService:location",),
        "Practitioner": ("PractitionerRole:practitioner",),
        "ServiceRequest": ("Task:focus",),
        **dict.fromkeys(OPENED, ("Provenance:target",)),
    }
)
"""What refers to a row and may come along with it."""
