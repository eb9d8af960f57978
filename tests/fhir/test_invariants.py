"""The rules of R4 inside one element, each broken once and named by its id."""

import pytest

from fhir.content.invariants import INVARIANTS
from fhir.content.shapes import shape
from fhir.content.types import ARRIVALS
from fhir.content.validate import walk
from tests.fhir.samples import GONE, coded, resource

R = "https://example.org/x"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"

# type, what is changed, FHIRPath, words that must be said
BAD: list[tuple[str, dict[str, object], str, str]] = [
    ("Patient", {"contact": [{"gender": "male"}]}, "Patient.contact[0]", "pat-1"),
    ("Patient", {"telecom": [{"value": "1"}]}, "Patient.telecom[0]", "cpt-2"),
    ("Patient", {"photo": [{"data": "AAAA"}]}, "Patient.photo[0]", "att-1"),
    (
        "Patient",
        {"name": [{"period": {"start": "2026-02", "end": "2026-01"}}]},
        "Patient.name[0].period",
        "per-1",
    ),
    (
        "Patient",
        {"name": [{"period": {"start": "2026-01-01T10:00:00+01:00", "end": "2026-01-01T08:59:00Z"}}]},
        "Patient.name[0].period",
        "per-1",
    ),
    ("ServiceRequest", {"orderDetail": [{"text": "x"}]}, "ServiceRequest", "prr-1"),
    ("Task", {"authoredOn": "2026-11-22", "lastModified": "2026-11-21"}, "Task", "inv-1"),
    (
        "QuestionnaireResponse",
        {"item": [{"linkId": "1", "answer": [{"valueBoolean": True}], "item": [{"linkId": "2"}]}]},
        "QuestionnaireResponse.item[0]",
        "qrs-1",
    ),
    ("Observation", {"valueString": "x", "dataAbsentReason": {"text": "y"}}, "Observation", "obs-6"),
    (
        "Observation",
        {"code": coded(R, "a"), "valueString": "x", "component": [{"code": coded(R, "a")}]},
        "Observation",
        "obs-7",
    ),
    (
        "Observation",
        {"referenceRange": [{"type": {"text": "x"}}]},
        "Observation.referenceRange[0]",
        "obs-3",
    ),
    ("Observation", {"valueQuantity": {"code": "mg"}}, "Observation.value", "qty-3"),
    (
        "Observation",
        {"valueRange": {"low": {"value": 2}, "high": {"value": 1}}},
        "Observation.value",
        "rng-2",
    ),
    ("Observation", {"valueRatio": {"numerator": {"value": 2}}}, "Observation.value", "rat-1"),
    ("Condition", {"stage": [{"type": {"text": "x"}}]}, "Condition.stage[0]", "con-1"),
    ("Condition", {"evidence": [{"id": "x"}]}, "Condition.evidence[0]", "con-2"),
    (
        "Condition",
        {"clinicalStatus": coded(CLINICAL, "active"), "abatementString": "x"},
        "Condition",
        "con-4",
    ),
    (
        "Condition",
        {"clinicalStatus": coded(CLINICAL, "active"), "verificationStatus": coded(VERIFIED, "entered-in-error")},
        "Condition",
        "con-5",
    ),
    ("Condition", {"onsetAge": {"value": 3}}, "Condition.onset", "age-1"),
    ("Consent", {"policy": GONE}, "Consent", "ppc-1"),
    (
        "Consent",
        {"scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")},
        "Consent",
        "ppc-2",
    ),
    ("Organization", {"name": GONE}, "Organization", "org-1"),
    ("Organization", {"address": [{"use": "home", "city": "x"}]}, "Organization", "org-2"),
    (
        "Organization",
        {"telecom": [{"system": "phone", "value": "555-0101", "use": "home"}]},
        "Organization",
        "org-3",
    ),
    (
        "AuditEvent",
        {"entity": [{"name": "a", "query": "AAAA"}]},
        "AuditEvent.entity[0]",
        "sev-1",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "display", "required": True}]},
        "Questionnaire.item[0]",
        "que-6",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "group", "initial": [{"valueBoolean": True}]}]},
        "Questionnaire.item[0]",
        "que-8",
    ),
    (
        "ServiceRequest",
        {"occurrenceTiming": {"repeat": {"period": 1}}},
        "ServiceRequest.occurrence.repeat",
        "tim-2",
    ),
    (
        "ServiceRequest",
        {"occurrenceTiming": {"repeat": {"duration": -1, "durationUnit": "h"}}},
        "ServiceRequest.occurrence.repeat",
        "tim-4",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "display", "item": [{"linkId": "2", "type": "string"}]}]},
        "Questionnaire.item[0]",
        "que-1",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "display", "code": [{"code": "a"}]}]},
        "Questionnaire.item[0]",
        "que-3",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "choice", "answerValueSet": R, "answerOption": [{"valueString": "a"}]}]},
        "Questionnaire.item[0]",
        "que-4",
    ),
    ("ServiceRequest", {"occurrenceTiming": {"repeat": {"duration": 1}}}, "ServiceRequest.occurrence.repeat", "tim-1"),
    (
        "ServiceRequest",
        {"occurrenceTiming": {"repeat": {"period": -1, "periodUnit": "h"}}},
        "ServiceRequest.occurrence.repeat",
        "tim-5",
    ),
    ("ServiceRequest", {"occurrenceTiming": {"repeat": {"periodMax": 1}}}, "ServiceRequest.occurrence.repeat", "tim-6"),
    (
        "ServiceRequest",
        {"occurrenceTiming": {"repeat": {"durationMax": 1}}},
        "ServiceRequest.occurrence.repeat",
        "tim-7",
    ),
    ("ServiceRequest", {"occurrenceTiming": {"repeat": {"countMax": 1}}}, "ServiceRequest.occurrence.repeat", "tim-8"),
    (
        "ServiceRequest",
        {"occurrenceTiming": {"repeat": {"when": ["AC"], "timeOfDay": ["10:00:00"]}}},
        "ServiceRequest.occurrence.repeat",
        "tim-10",
    ),
    (
        "Patient",
        {"extension": [{"url": R, "valueDuration": {"code": "h", "system": R}}]},
        "Patient.extension[0].value",
        "drt-1",
    ),
    (
        "Patient",
        {"extension": [{"url": R, "valueExpression": {"language": "text/cql"}}]},
        "Patient.extension[0].value",
        "exp-1",
    ),
]


@pytest.mark.parametrize(("type_", "changed", "expression", "says"), BAD, ids=[row[2] + "-" + row[3] for row in BAD])
def test_a_broken_invariant_is_named_by_its_id(
    type_: str, changed: dict[str, object], expression: str, says: str
) -> None:
    found = walk(resource(type_, **changed), "", types=ARRIVALS).issues
    assert [(issue.code, issue.expression) for issue in found] == [("invariant", expression)]
    assert says in found[0].text


def test_every_rule_belongs_to_a_type_the_library_knows_and_is_broken_above() -> None:
    rules = {rule.id for name in INVARIANTS for rule in shape(name).rules}
    elsewhere = {"ext-1"}  # broken in test_validate
    assert rules - elsewhere == {row[3] for row in BAD}
