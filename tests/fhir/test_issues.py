"""Issues as people read them, and as FHIR carries them."""

from fhir.content.issues import Invalid, Issue, error, operation_outcome
from fhir.content.types import ARRIVALS, CONTAINED, RESOURCE_TYPES, Arrival, allowed

ISSUES = (error("required", "Patient.name", "is required"), Issue("fatal", "structure", "", "The file is empty."))


def test_an_operation_outcome_carries_every_issue() -> None:
    assert operation_outcome(ISSUES) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "required",
                "details": {"text": "is required"},
                "expression": ["Patient.name"],
            },
            {"severity": "fatal", "code": "structure", "details": {"text": "The file is empty."}},
        ],
    }


def test_a_refusal_reads_as_lines() -> None:
    assert str(Invalid(ISSUES)) == "Patient.name: is required\nThe file is empty."


def test_the_types_of_a_referral_are_the_nine() -> None:
    assert set(allowed(Arrival.REFERRAL)) == {
        "Patient",
        "ServiceRequest",
        "Task",
        "QuestionnaireResponse",
        "Observation",
        "Condition",
        "Consent",
        "DocumentReference",
        "Communication",
    }


def test_every_type_is_one_of_r4_and_none_is_of_r4b_alone() -> None:
    assert set(ARRIVALS) <= RESOURCE_TYPES
    assert len(RESOURCE_TYPES) == 146
    assert RESOURCE_TYPES.isdisjoint({"SubscriptionStatus", "SubscriptionTopic", "Citation", "Ingredient", "Resource"})
    assert CONTAINED < RESOURCE_TYPES
