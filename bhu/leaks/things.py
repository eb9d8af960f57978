"""The resources of the matrix: each holds the word of one thing (``cells``), by which it is found again."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from fhir.content.compartments import Compartment
from fhir.content.consent import CLIENT, Facts, build
from fhir.content.systems import ACT_CODE, LOINC, SNOMED
from referrals.consents import forms

from .cells import BORN, WORDS

FAMILY, GIVEN = WORDS["name"], "Isaura"
PATIENT = "urn:uuid:8c2b5f0e-0000-4000-8000-000000000001"


def patient() -> dict[str, Any]:
    """The client: a name, a number, a date of birth."""
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:example:case", "value": str(uuid4())}],
        "name": [{"family": FAMILY, "given": [GIVEN]}],
        "telecom": [{"system": "phone", "value": WORDS["phone"]}],
        "birthDate": BORN,
    }


def order() -> dict[str, Any]:
    """What is asked for, with a word beside it."""
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "priority": "urgent",
        "code": {"text": "Crisis assessment"},
        "subject": {"reference": PATIENT},
        "authoredOn": "2026-11-22T10:42:00+00:00",
        "note": [{"text": WORDS["order"]}],
    }


def observed(thing: str, *, system: str = LOINC, code: str = "8302-2", label: str = "") -> dict[str, Any]:
    """A coded fact; with ``label``, one its author marked with it."""
    tree: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "valueString": WORDS[thing],
    }
    return tree | ({"meta": {"security": [{"system": ACT_CODE, "code": label}]}} if label else {})


def risk() -> dict[str, Any]:
    """The level a suicide screen came to."""
    return observed("risk", code="93374-7")


def use() -> dict[str, Any]:
    """A finding of substance use."""
    return observed("use", system=SNOMED, code="75544000")


def words(thing: str) -> dict[str, Any]:
    """Something written freely."""
    return {"resourceType": "Communication", "status": "completed", "payload": [{"contentString": WORDS[thing]}]}


def answers() -> dict[str, Any]:
    """A suicide screen with one answer, which alone gives no level."""
    answer = {"valueCoding": {"system": LOINC, "code": "LA32-8"}}
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "http://loinc.org/q/93373-9",
        "status": "completed",
        "authored": "2026-11-22T10:40:00Z",
        "item": [{"linkId": "/93246-7", "text": WORDS["answers"], "answer": [answer]}],
    }


def paper(
    patient_id: UUID | None,
    *,
    form: str,
    discloser: str,
    to: Iterable[str] = (),
    classes: Iterable[str] = (),
    parts: Iterable[Compartment],
    purposes: Iterable[str] = ("TREAT", "COC"),
    days: int = 180,
) -> dict[str, Any]:
    """A consent the client signed yesterday, good for so many days more; ``None`` for the client of a new bundle."""
    day: date = timezone.now().date() - timedelta(days=1)
    uri = f"{forms.BASE}/{form}/v1/en"
    facts = Facts(
        status="active",
        patient=PATIENT if patient_id is None else f"Patient/{patient_id}",
        signed=day.isoformat(),
        signers=(CLIENT,),
        discloser=discloser,
        attachment={"contentType": "application/pdf", "title": WORDS["paper"]},
        form=uri,
        form_hash=forms.registry()[uri].sha256,
        language="en",
        method="paper",
        recipients=tuple(to),
        classes=tuple(classes),
        purposes=tuple(purposes),
        compartments=tuple(parts),
        since=day.isoformat(),
        until=(day + timedelta(days=days)).isoformat(),
    )
    return build(facts, id_=uuid4())


def bundle(*more: dict[str, Any]) -> bytes:
    """A transaction Bundle of client, request and what else is given."""
    entries = [(PATIENT, patient()), *((f"urn:uuid:{uuid4()}", tree) for tree in (order(), *more))]
    rows = [
        {"fullUrl": url, "resource": tree, "request": {"method": "POST", "url": tree["resourceType"]}}
        for url, tree in entries
    ]
    return encoded({"resourceType": "Bundle", "type": "transaction", "entry": rows})


def encoded(tree: dict[str, Any]) -> bytes:
    """The JSON bytes of a tree."""
    return json.dumps(tree).encode()
