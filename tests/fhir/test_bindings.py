"""Required code bindings of 4.0.1: a code outside them is refused with the codes that are allowed."""

import pytest

from fhir.content.bindings import CONCEPTS, REQUIRED
from fhir.content.shapes import shape
from fhir.content.types import ARRIVALS
from fhir.content.validate import walk
from tests.fhir.samples import DIV, coded, resource

R = "https://example.org/x"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

# type, what is changed, FHIRPath, words that must be said
BAD: list[tuple[str, dict[str, object], str, str]] = [
    ("Patient", {"gender": "robot"}, "Patient.gender", "male, female, other, unknown"),
    (
        "Patient",
        {"link": [{"other": {"reference": "Patient/2"}, "type": "x"}]},
        "Patient.link[0].type",
        "seealso",
    ),
    ("Patient", {"name": [{"use": "x"}]}, "Patient.name[0].use", "nickname"),
    ("Patient", {"telecom": [{"system": "x"}]}, "Patient.telecom[0].system", "phone"),
    ("Patient", {"telecom": [{"use": "x"}]}, "Patient.telecom[0].use", "mobile"),
    ("Patient", {"address": [{"use": "x"}]}, "Patient.address[0].use", "billing"),
    ("Patient", {"address": [{"type": "x"}]}, "Patient.address[0].type", "postal"),
    ("Patient", {"identifier": [{"use": "x"}]}, "Patient.identifier[0].use", "secondary"),
    ("ServiceRequest", {"status": "bogus"}, "ServiceRequest.status", "revoked"),
    ("ServiceRequest", {"intent": "x"}, "ServiceRequest.intent", "filler-order"),
    ("ServiceRequest", {"priority": "x"}, "ServiceRequest.priority", "routine, urgent, asap, stat"),
    ("Task", {"status": "x"}, "Task.status", "requested"),
    ("Task", {"intent": "directive"}, "Task.intent", "order"),
    ("Task", {"priority": "x"}, "Task.priority", "stat"),
    ("QuestionnaireResponse", {"status": "x"}, "QuestionnaireResponse.status", "amended"),
    ("Observation", {"status": "x"}, "Observation.status", "final"),
    (
        "Observation",
        {"valueQuantity": {"comparator": "="}},
        "Observation.value.comparator",
        "<, <=, >=, >",
    ),
    ("Consent", {"status": "x"}, "Consent.status", "inactive"),
    ("Consent", {"provision": {"type": "x"}}, "Consent.provision.type", "deny, permit"),
    ("DocumentReference", {"status": "x"}, "DocumentReference.status", "superseded"),
    ("Communication", {"status": "x"}, "Communication.status", "preparation"),
    ("Questionnaire", {"status": "x"}, "Questionnaire.status", "retired"),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "x"}]},
        "Questionnaire.item[0].type",
        "open-choice",
    ),
    (
        "HealthcareService",
        {"availableTime": [{"daysOfWeek": ["mon", "x"]}]},
        "HealthcareService.availableTime[0].daysOfWeek[1]",
        "tue",
    ),
    ("AuditEvent", {"outcome": "1"}, "AuditEvent.outcome", "0, 4, 8, 12"),
    ("Condition", {"clinicalStatus": coded(CLINICAL, "x")}, "Condition.clinicalStatus", "remission"),
    ("Condition", {"clinicalStatus": {"text": "active"}}, "Condition.clinicalStatus", "coding of"),
    (
        "Condition",
        {"verificationStatus": coded(R, "confirmed")},
        "Condition.verificationStatus",
        "refuted",
    ),
    ("Patient", {"text": {"status": "x", "div": DIV.format("a")}}, "Patient.text.status", "generated"),
]


@pytest.mark.parametrize(("type_", "changed", "expression", "says"), BAD, ids=[row[2] + "-" + row[3] for row in BAD])
def test_a_code_outside_its_binding_is_refused_with_those_allowed(
    type_: str, changed: dict[str, object], expression: str, says: str
) -> None:
    found = walk(resource(type_, **changed), "", types=ARRIVALS).issues
    assert [(issue.code, issue.expression) for issue in found] == [("code-invalid", expression)]
    assert says in found[0].text


def test_every_bound_element_is_one_the_library_knows() -> None:
    unknown = [
        (owner, name)
        for table in (REQUIRED, CONCEPTS)
        for owner, elements in table.items()
        for name in elements
        if name not in shape(owner).elements
    ]
    assert unknown == []
