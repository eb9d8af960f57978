"""The referral that send and open are measured with: four compartments, to three recipients who may open them all."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from agencies.actor import Actor
from agencies.agreements import sign
from agencies.kinds import AgencyKind, Answer, Purpose
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member, open_agency
from fhir.content.compartments import Compartment
from referrals.acts import Send
from referrals.perform import Done, perform
from referrals.policy.bases import Basis
from tests.county import consent

SETUP = "System/setup"
COMPARTMENTS = frozenset({Compartment.REQUEST, Compartment.CONTACT, Compartment.CLINICAL, Compartment.SUD})
PATIENT = "urn:uuid:8c2b5f0e-0000-4000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class Network:
    """A helping unit that sends, and three treating agencies, one of whose people opens."""

    sender: Actor
    recipients: tuple[Agency, Agency, Agency]
    reader: Actor

    def send(self) -> Done:
        """Send a referral on the client's named consent."""
        to = tuple(agency.id for agency in self.recipients)
        return perform(self.sender, [Send(data=BUNDLE, to=to, basis=Basis.CONSENT_NAMED)])


def make_network() -> Network:
    """Four agencies that share an agreement, and the two people who act."""

    def agency(slug: str, kind: AgencyKind, **more: Any) -> Agency:
        return open_agency(
            by=SETUP, slug=slug, name=slug.title(), kind=kind.value, hipaa_status=Answer.YES.value, **more
        )

    def member(where: Agency, role: Role) -> Actor:
        user = User.objects.create_user(f"{role}@{where.slug}.example.org")
        return actor_for(add_member(by=SETUP, agency=where, role=role, user=user))

    bhu = agency("bhu", AgencyKind.BHU)
    detox, clinic, shelter = (
        agency(slug, AgencyKind.PROVIDER, treating_provider=True) for slug in ("detox", "clinic", "respite")
    )
    sign(
        by=SETUP,
        title="County",
        document_sha256="0" * 64,
        parties=[bhu, detox, clinic, shelter],
        purposes=[Purpose.TREATMENT, Purpose.COORDINATION],
        effective_on=date(2026, 1, 1),
    )
    return Network(member(bhu, Role.CLINICIAN), (detox, clinic, shelter), member(detox, Role.INTAKE))


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


LOINC = "http://loinc.org"
STORY = "Found by a neighbour, calm, cold and tired; agreed to talk and to be called tomorrow. "
PATIENT_ = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:example:case", "value": "AF-1188"}],
    "name": [{"family": "Zwillinger", "given": ["Ottilie"]}],
    "telecom": [{"system": "phone", "value": "555-0147"}],
    "gender": "female",
    "birthDate": "1987-05-11",
    "address": [{"line": ["12 Mill Race"], "city": "Alder Falls", "state": "MA", "postalCode": "01999"}],
    "contact": [{"name": {"text": "A sister"}, "telecom": [{"system": "phone", "value": "555-0148"}]}],
}
REQUEST = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "priority": "urgent",
    "code": {"text": "Withdrawal management"},
    "subject": {"reference": PATIENT},
    "authoredOn": "2026-11-22T10:42:00.120+00:00",
    "note": [{"text": STORY * 20}],
}
SCREEN = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "http://loinc.org/q/93373-9",
    "status": "completed",
    "subject": {"reference": PATIENT},
    "authored": "2026-11-22T10:40:00Z",
    "item": [
        {"linkId": f"/{code}", "text": STORY, "answer": [{"valueCoding": {"system": LOINC, "code": "LA33-6"}}]}
        for code in ("93246-7", "93247-5", "93248-3", "93249-1", "93250-9", "93267-3", "93269-9")
    ],
}
DRINKING = {
    "resourceType": "Observation",
    "status": "final",
    "category": [_coded("http://terminology.hl7.org/CodeSystem/observation-category", "survey")],
    "code": _coded(LOINC, "75626-2"),
    "subject": {"reference": PATIENT},
    "effectiveDateTime": "2026-11-22T10:40:00Z",
    "valueInteger": 9,
    "note": [{"text": STORY * 15}],
}


SIGNED = consent(patient=PATIENT, to=("detox", "clinic", "respite"), parts=("contact", "clinical", "sud", "outcome"))


def _entry(url: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}


BUNDLE = json.dumps(
    {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            _entry(PATIENT, PATIENT_),
            *(_entry(f"urn:uuid:{uuid4()}", each) for each in (REQUEST, SCREEN, DRINKING, SIGNED)),
        ],
    }
).encode()
