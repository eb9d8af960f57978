"""What is read of the directory: agencies by everybody on the network, memberships by one's own agency."""

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Agency, Membership
from fhir.content.exact import Object
from fhir.content.questionnaires import QUESTIONNAIRES
from referrals.errors import NotFound
from referrals.services import recording
from referrals.services.seeing import refusals

from . import told
from .calls import Answer, Call

READ = "directory.read"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
ROLE = "https://bhu.example.org/fhir/CodeSystem/role"
KIND = "https://bhu.example.org/fhir/CodeSystem/agency-kind"
TYPES: Mapping[str, str] = MappingProxyType({"police": "govt", "provider": "prov", "hospital": "prov"})


def read(call: Call) -> Answer:
    """One row of the directory. Raises ``NotFound``, recorded."""
    id_ = _id(call.id)
    with refusals(call.actor, READ, target=f"{call.type}/{id_ or 'unknown'}"):
        tree = FINDERS[call.type](call.actor, id_) if id_ else None
        if tree is None:
            raise NotFound
        recording.record(call.actor, READ, target=f"{call.type}/{id_}")
    return Answer(tree=tree)


def questionnaire(call: Call) -> Answer:
    """One of the house's instruments; the same for everybody, and nobody's secret. Raises ``NotFound``, recorded."""
    found = next((tree for tree in QUESTIONNAIRES.values() if tree["id"] == call.id), None)
    with refusals(call.actor, READ, target="Questionnaire/unknown"):
        if found is None:
            raise NotFound
    recording.record(call.actor, READ, target=f"Questionnaire/{call.id}")
    return Answer(tree=found)


def organizations(ids: Collection[UUID]) -> list[Object]:
    """The active agencies among these, as FHIR."""
    return [_organization(agency) for agency in Agency.objects.filter(pk__in=ids, is_active=True).order_by("id")]


def _found(_actor: Actor, id_: UUID) -> "Object | None":
    return next(iter(organizations([id_])), None)


def _member(actor: Actor, id_: UUID) -> "Object | None":
    rows = Membership.objects.filter(pk=id_, agency_id=actor.agency_id).select_related("user", "client")
    return next(map(_practitioner_role, rows), None)


FINDERS: "Mapping[str, Callable[[Actor, UUID], Object | None]]" = MappingProxyType(
    {"Organization": _found, "PractitionerRole": _member}
)


def _organization(agency: Agency) -> Object:
    made: Object = {
        "resourceType": "Organization",
        "id": str(agency.id),
        "active": agency.is_active,
        "type": [
            {"coding": [{"system": ORGANIZATION_TYPE, "code": TYPES.get(agency.kind, "other")}]},
            {"coding": [{"system": KIND, "code": agency.kind}]},
        ],
        "name": agency.name,
    }
    if agency.phone:
        made["telecom"] = [{"system": "phone", "value": agency.phone}]
    if agency.address:
        made["address"] = [{"text": agency.address}]
    if agency.part_of_id:
        made["partOf"] = {"reference": f"Organization/{agency.part_of_id}"}
    return made


def _practitioner_role(row: Membership) -> Object:
    period: Object = {"start": told.date_time(row.since)}
    if row.until:
        period["end"] = told.date_time(row.until)
    made: Object = {
        "resourceType": "PractitionerRole",
        "id": str(row.id),
        "active": row.until is None or row.until > timezone.now(),
        "period": period,
        "organization": {"reference": f"Organization/{row.agency_id}"},
        "code": [{"coding": [{"system": ROLE, "code": row.role}]}],
    }
    name = row.user.name if row.user else row.client.name if row.client else ""
    return made | {"practitioner": {"display": name}} if name else made


def _id(spoken: str) -> UUID | None:
    try:
        return UUID(spoken)
    except ValueError:
        return None
