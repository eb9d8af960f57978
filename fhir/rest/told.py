"""What columns tell of a task or a request, as FHIR. Pure: rows in, trees out."""

from datetime import datetime
from uuid import UUID

from fhir.content import builders
from fhir.content.catalog import SERVICES, concept
from fhir.content.exact import Object
from fhir.content.moments import date_time, instant
from fhir.content.systems import ANONYMOUS_ASK
from referrals.services.columns import RequestRow, TaskRow
from referrals.services.seeing import task_as

REFERENCE_NUMBER = "https://bhu.example.org/fhir/NamingSystem/reference-number"
ACTION = "https://bhu.example.org/fhir/CodeSystem/audit-action"
AGENCY = "https://bhu.example.org/fhir/NamingSystem/agency"

SUBSETTED: Object = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}


def tree_of(row: TaskRow | RequestRow) -> Object:
    """The resource a row tells of, without ``meta``."""
    return _task(row) if isinstance(row, TaskRow) else _request(row)


def _task(row: TaskRow) -> Object:
    shown = row.shown
    made = builders.task(
        id_=shown.id,
        service_request_id=row.referral_id,
        patient_id=row.patient_id,
        requester=f"Organization/{row.requester_id}",
        owner=f"Organization/{row.owner_id}",
        authored_on=date_time(row.authored_at),
        priority=row.priority,
        status=shown.status,
    )
    if not shown.business_status:  # a sworn sender is told none, not even the first
        del made["businessStatus"]
    return task_as(
        made,
        status=shown.status,
        business_status=shown.business_status,
        reason=shown.reason,
        at=shown.changed_at,
    )


def _request(row: RequestRow) -> Object:
    made: Object = {
        "resourceType": "ServiceRequest",
        "id": str(row.id),
        "identifier": [{"system": REFERENCE_NUMBER, "value": row.reference}],
        "status": row.status,
        "intent": "order",
        "priority": row.priority,
        "code": _service(row.service_type),
        "subject": {"reference": f"Patient/{row.patient_id}"},
        "authoredOn": date_time(row.created_at),
    }
    return made | {"requester": {"reference": f"Organization/{row.sender_id}"}} if row.sender_id else made


def new_request(id_: UUID, reference: str, patient: str, *, at: datetime) -> Object:
    """What its sender is told of a request that was just written: the number it goes by, and for whom it is."""
    tagged: Object = {"versionId": "1", "lastUpdated": instant(at), "tag": [SUBSETTED]}
    return {
        "resourceType": "ServiceRequest",
        "id": str(id_),
        "meta": tagged,
        "identifier": [{"system": REFERENCE_NUMBER, "value": reference}],
        "status": "active",
        "intent": "order",
        "subject": {"reference": patient},
    }


def _service(code: str) -> Object:
    system = next((system for system, known in SERVICES.items() if code in known), None)
    if system is None:
        return concept(ANONYMOUS_ASK, "unspecified", "Help wanted, its kind not coded")
    return concept(system, code, SERVICES[system][code])
