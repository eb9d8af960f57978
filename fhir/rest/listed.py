"""Rows of the directory as FHIR. Pure: rows in, trees out.

What stands on an agency's row is told, and no more: no telephone number and no e-mail address of a person, and nothing
of what an agency is to the law.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.utils import timezone

from agencies.directory import Address, Person, address_of
from agencies.kinds import HELPING, AgencyKind
from agencies.models import Agency, Membership
from fhir.content import moments
from fhir.content.catalog import concept
from fhir.content.exact import Object, Tree
from fhir.content.systems import SERVICE_CATEGORY, SERVICE_TYPE

from . import keys, told

ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
ROLE = "https://bhu.example.org/fhir/CodeSystem/role"
KIND = "https://bhu.example.org/fhir/CodeSystem/agency-kind"
SIGNING_KEYS = "https://bhu.example.org/fhir/StructureDefinition/signing-keys"
TOWN = "https://bhu.example.org/fhir/NamingSystem/town"

_K = AgencyKind
TYPES: Mapping[str, str] = MappingProxyType({_K.POLICE: "govt", _K.PROVIDER: "prov", _K.HOSPITAL: "prov"})
SERVING = HELPING | {_K.TRANSPORT}
"""The kinds of agencies that offer something to somebody."""

CATEGORIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        _K.BHU: ("22", "Mental Health"),
        _K.CRISIS_TEAM: ("22", "Mental Health"),
        _K.SHELTER: ("18", "Housing/Homelessness"),
        _K.TRANSPORT: ("33", "Transport"),
    }
)
SERVICES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        _K.CRISIS_TEAM: ("135", "Mental Health Assess/Triage/Crisis Response"),
        _K.SHELTER: ("126", "Crisis/Emergency Accommodation"),
        _K.TRANSPORT: ("465", "Transport"),
    }
)
"""What the kind alone says for certain; what else an agency offers stands in no row yet."""


def organization(agency: Agency, *, base: str) -> Object:
    """An agency as an Organization, with the address of the keys that its signatures are checked by."""
    made: Object = {
        "resourceType": "Organization",
        "id": str(agency.id),
        "extension": [{"url": SIGNING_KEYS, "valueUrl": keys.address(base, agency.id)}],
        "identifier": _identifier(agency),
        "active": agency.is_active,
        "type": [
            {"coding": [{"system": ORGANIZATION_TYPE, "code": TYPES.get(agency.kind, "other")}]},
            {"coding": [{"system": KIND, "code": agency.kind}]},
        ],
        "name": agency.name,
    }
    address = address_of(agency)
    where: Tree = [_address(address)] if address else []
    part_of: Tree = {"reference": f"Organization/{agency.part_of_id}"} if agency.part_of_id else None
    return made | _present(telecom=_phone(agency), address=where, partOf=part_of)


def service(agency: Agency) -> "Object | None":
    """What an agency offers as a HealthcareService, with the towns it serves; ``None`` for one that offers nothing."""
    if agency.kind not in SERVING:
        return None
    made: Object = {
        "resourceType": "HealthcareService",
        "id": str(agency.id),
        "identifier": _identifier(agency),
        "active": agency.is_active,
        "providedBy": {"reference": f"Organization/{agency.id}", "display": agency.name},
        "category": [
            {"coding": [{"system": KIND, "code": agency.kind}]},
            *_codes(CATEGORIES, agency, SERVICE_CATEGORY),
        ],
    }
    towns: list[Tree] = [
        {"identifier": {"system": TOWN, "value": town.slug}, "display": f"{town.name}, {town.state}"}
        for town in agency.towns_served.all()
    ]
    where: list[Tree] = [{"reference": f"Location/{agency.id}"}] if agency.address else []
    return made | _present(
        type=_codes(SERVICES, agency, SERVICE_TYPE),
        location=where,
        name=agency.name,
        telecom=_phone(agency),
        coverageArea=towns,
    )


def location(agency: Agency) -> "Object | None":
    """Where an agency is as a Location; ``None`` without an address."""
    address = address_of(agency)
    if address is None:
        return None
    made: Object = {
        "resourceType": "Location",
        "id": str(agency.id),
        "identifier": _identifier(agency),
        "status": "active",
        "name": agency.name,
        "mode": "instance",
    }
    return made | _present(
        telecom=_phone(agency),
        address=_address(address),
        managingOrganization={"reference": f"Organization/{agency.id}", "display": agency.name},
    )


def practitioner_role(row: Membership) -> Object:
    """A membership as a PractitionerRole."""
    period: Object = {"start": moments.date_time(row.since)}
    if row.until:
        period["end"] = moments.date_time(row.until)
    made: Object = {
        "resourceType": "PractitionerRole",
        "id": str(row.id),
        "active": row.until is None or row.until > timezone.now(),
        "period": period,
    }
    who: Object = _present(
        reference=f"Practitioner/{row.user_id}" if row.user_id else "",
        display=row.user.name if row.user else row.client.name if row.client else "",
    )
    organization: Tree = {"reference": f"Organization/{row.agency_id}"}
    code: Tree = [{"coding": [{"system": ROLE, "code": row.role}]}]
    return made | _present(practitioner=who, organization=organization, code=code)


def practitioner(person: Person) -> Object:
    """A person as a Practitioner: a name, and nothing else."""
    made: Object = {"resourceType": "Practitioner", "id": str(person.id), "active": person.active}
    return made | {"name": [{"text": person.name}]} if person.name else made


def _identifier(agency: Agency) -> Tree:
    return [{"system": told.AGENCY, "value": agency.slug}]


def _phone(agency: Agency) -> Tree:
    return [{"system": "phone", "value": agency.phone, "use": "work"}] if agency.phone else []


def _address(address: Address) -> Tree:
    return _present(
        text=address.text,
        line=[address.line] if address.line else [],
        city=address.city,
        state=address.state,
        postalCode=address.postal_code,
    )


def _codes(table: Mapping[str, tuple[str, str]], agency: Agency, system: str) -> list[Tree]:
    return [concept(system, *table[agency.kind])] if agency.kind in table else []


def _present(**elements: Tree) -> Object:
    """The elements that are there: FHIR knows no empty one."""
    return {name: value for name, value in elements.items() if value not in (None, "", [], {})}
