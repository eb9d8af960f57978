"""Named people of a small county, and the smallest bundle that can be sent."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from agencies.actor import Actor
from agencies.agreements import sign
from agencies.kinds import AgencyKind, Answer, Purpose
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from fhir.content.compartments import Compartment
from fhir.content.consent import build
from fhir.content.consent_facts import CLIENT, Facts
from referrals.consents import forms
from referrals.models import Folder

SETUP = "System/setup"
CANARIES = ("Zwillinger", "Ottilie", "555-0147", "pacing by the river bridge")


@dataclass(frozen=True)
class County:
    """Agencies and actors by name; ``outsider`` is a clinician of an agency that is never in the referral."""

    police: Agency
    other_police: Agency
    bhu: Agency
    detox: Agency
    clinic: Agency
    paper_clinic: Agency
    officer: Actor
    other_officer: Actor
    clinician: Actor
    coordinator: Actor
    detox_intake: Actor
    clinic_intake: Actor
    outsider: Actor
    admin: Actor
    superuser: User


def make_county() -> County:
    """A county with an agreement between all agencies but the outsider's."""

    def agency(slug: str, kind: AgencyKind, **more: Any) -> Agency:
        return open_agency(by=SETUP, slug=slug, name=slug.title(), kind=kind.value, **more)

    def member(where: Agency, role: Role, name: str | None = None) -> Actor:
        user = User.objects.create_user(f"{name or role}@{where.slug}.example.org")
        return actor_for(add_member(by=SETUP, agency=where, role=role, user=user))

    sworn = {"part2_status": Answer.NO.value, "hipaa_status": Answer.NO.value}
    treating = {"treating_provider": True, "hipaa_status": Answer.YES.value}
    police = agency("police", AgencyKind.POLICE, **sworn)
    other_police = agency("other-police", AgencyKind.POLICE, **sworn)
    bhu = agency("bhu", AgencyKind.BHU, hipaa_status=Answer.YES.value)
    detox = agency("detox", AgencyKind.PROVIDER, **treating)
    clinic = agency("clinic", AgencyKind.PROVIDER, **treating)
    paper = agency("paper-clinic", AgencyKind.PROVIDER, connected=False, **treating)
    stranger = agency("stranger", AgencyKind.PROVIDER, **treating)
    sign(
        by=SETUP,
        title="County",
        document_sha256="0" * 64,
        parties=[police, other_police, bhu, detox, clinic, paper],
        purposes=[Purpose.TREATMENT, Purpose.COORDINATION],
        effective_on=date(2026, 1, 1),
    )
    return County(
        police=police,
        other_police=other_police,
        bhu=bhu,
        detox=detox,
        clinic=clinic,
        paper_clinic=paper,
        officer=member(police, Role.OFFICER),
        other_officer=member(other_police, Role.BHU_OFFICER),
        clinician=member(bhu, Role.CLINICIAN),
        coordinator=member(bhu, Role.COORDINATOR),
        detox_intake=member(detox, Role.INTAKE),
        clinic_intake=member(clinic, Role.INTAKE),
        outsider=member(stranger, Role.CLINICIAN),
        admin=member(bhu, Role.AGENCY_ADMIN),
        superuser=User.objects.create_superuser("root@example.org"),
    )


def bundle_of(*more: dict[str, Any], request: dict[str, Any] | None = None) -> bytes:
    """A transaction Bundle: a Patient with canaries, a ServiceRequest, and what else is given."""
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:example:case", "value": "AF-1188"}],
        "name": [{"family": CANARIES[0], "given": [CANARIES[1]]}],
        "telecom": [{"system": "phone", "value": CANARIES[2]}],
        "gender": "female",
        "birthDate": "2007-05-11",
    }
    service_request = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "code": {"text": "Crisis assessment"},
        "subject": {"reference": PATIENT},
        "authoredOn": "2026-11-22T10:42:00.120+00:00",
        "note": [{"text": CANARIES[3]}],
    } | (request or {})
    entries = [(PATIENT, patient), (f"urn:uuid:{uuid4()}", service_request)]
    entries += [(f"urn:uuid:{uuid4()}", resource) for resource in more]
    return json.dumps(
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [
                {"fullUrl": url, "resource": tree, "request": {"method": "POST", "url": tree["resourceType"]}}
                for url, tree in entries
            ],
        }
    ).encode()


SCREEN = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "http://loinc.org/q/93373-9",
    "status": "completed",
    "authored": "2026-11-22T10:40:00Z",
    "item": [
        {"linkId": "/93246-7", "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA33-6"}}]},
        {"linkId": "/93247-5", "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA33-6"}}]},
        {"linkId": "/93250-9", "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA33-6"}}]},
    ],
}

PATIENT = "urn:uuid:8c2b5f0e-0000-4000-8000-000000000001"
PARTS = ("contact", "clinical", "outcome")
HELPERS = ("detox", "clinic", "paper-clinic")


def consent(
    *,
    patient: str = PATIENT,
    to: Iterable[str] = HELPERS,
    parts: Iterable[str] = PARTS,
    form: str = "named",
    discloser: str = "bhu",
    purposes: Iterable[str] = ("TREAT", "COC"),
    classes: Iterable[str] = (),
    signed: date | None = None,
    days: int = 180,
    **changes: Any,
) -> dict[str, Any]:
    """A consent the client signed yesterday, on one of our forms, for these agencies and parts."""
    day = signed or datetime.now(UTC).date() - timedelta(days=1)
    uri = f"https://bhu.example.org/consent-forms/{form}/v1/en"
    said = {
        "status": "active",
        "patient": patient,
        "signed": day.isoformat(),
        "signers": (CLIENT,),
        "discloser": discloser,
        "attachment": {"contentType": "application/pdf", "title": "Signed on paper, kept at the unit"},
        "form": uri,
        "form_hash": forms.registry()[uri].sha256,
        "language": "en",
        "method": "paper",
        "recipients": tuple(to),
        "classes": tuple(classes),
        "purposes": tuple(purposes),
        "compartments": tuple(Compartment(part) for part in parts),
        "since": day.isoformat(),
        "until": (day + timedelta(days=days)).isoformat(),
    }
    tree: dict[str, Any] = build(Facts(**{**said, **changes}), id_=uuid4())
    return tree


def consent_in(referral_id: UUID, **said: Any) -> bytes:
    """The bytes of a consent of the client of this referral."""
    patient = f"Patient/{Folder.objects.get(pk=referral_id).patient_id}"
    return json.dumps(consent(patient=patient, **said)).encode()
