"""Small valid resources for the tests of fhir.content, and the way to the official examples."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from fhir.content.exact import Object, Tree, parse

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = Path(os.environ.get("BHU_HL7_EXAMPLES", ROOT.parent / "shared" / "data" / "hl7-r4-examples"))
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")

GONE = object()  # as a value in ``changed``: take the element away
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'

LOINC = "http://loinc.org"
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

VALID: Mapping[str, dict[str, Any]] = {
    "Patient": {"resourceType": "Patient", "birthDate": "1990-05-17"},
    "ServiceRequest": {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
    },
    "Task": {"resourceType": "Task", "status": "requested", "intent": "order"},
    "QuestionnaireResponse": {"resourceType": "QuestionnaireResponse", "status": "completed"},
    "Observation": {"resourceType": "Observation", "status": "final", "code": {"text": "Seen"}},
    "Condition": {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}},
    "Consent": {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"text": "privacy"},
        "category": [{"text": "release"}],
        "policy": [{"uri": "https://example.org/policy"}],
    },
    "DocumentReference": {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"contentType": "application/pdf", "data": "AAAA"}}],
    },
    "Communication": {"resourceType": "Communication", "status": "completed"},
    "Organization": {"resourceType": "Organization", "name": "Example House"},
    "Practitioner": {"resourceType": "Practitioner"},
    "PractitionerRole": {"resourceType": "PractitionerRole"},
    "HealthcareService": {"resourceType": "HealthcareService"},
    "Location": {"resourceType": "Location"},
    "AuditEvent": {
        "resourceType": "AuditEvent",
        "type": {"code": "rest"},
        "recorded": "2026-11-22T10:00:00Z",
        "agent": [{"requestor": True}],
        "source": {"observer": {"display": "hub"}},
    },
    "Questionnaire": {"resourceType": "Questionnaire", "status": "active"},
    "Provenance": {
        "resourceType": "Provenance",
        "target": [{"reference": "ServiceRequest/s1"}],
        "recorded": "2026-11-22T10:00:00Z",
        "agent": [{"who": {"reference": "Organization/o1"}}],
    },
}


def coded(system: str, code: str) -> dict[str, Any]:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code}]}


def exact(value: object) -> Tree:
    """A Python value as the exact tree its JSON gives."""
    return parse(json.dumps(value).encode())


def resource(type_: str, **changes: object) -> Object:
    """A small valid resource of a type, with elements added, replaced or (``GONE``) taken away."""
    merged = {**VALID[type_], **changes}
    tree = exact({name: value for name, value in merged.items() if value is not GONE})
    assert isinstance(tree, dict)
    return tree


def example(name: str) -> Object:
    """One official example."""
    tree = parse((EXAMPLES / f"{name}.json").read_bytes())
    assert isinstance(tree, dict)
    return tree


class Numbers:
    """Ids 0...1, 0...2 and so on."""

    def __init__(self, start: int = 1) -> None:
        self.next = start

    def __call__(self) -> UUID:
        self.next += 1
        return UUID(int=self.next - 1)
