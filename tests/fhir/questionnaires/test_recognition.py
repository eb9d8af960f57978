"""Which instrument a response is taken for: by its address, else by the questions it holds."""

from typing import Any

import pytest

from fhir.content.questionnaires import score
from tests.fhir.questionnaires.forms import AUDIT_C, C_SSRS, DAYS, GAD_7, MEDICAL_CHECK, PHQ_2, PHQ_9, TAPS_1, YES, form
from tests.fhir.samples import GONE, resource

PHQ_TWO = {"44250-9": DAYS[0], "44255-8": DAYS[0]}

# address, answers, the instrument
TAKEN: list[tuple[str, dict[str, Any], str | None]] = [
    (f"{PHQ_9}|1", {}, PHQ_9),
    ("http://hl7.org/fhir/us/core/Questionnaire/44249-1", {}, PHQ_9),
    (PHQ_9, PHQ_TWO, PHQ_9),
    ("", PHQ_TWO, PHQ_2),
    ("", {"44250-9": DAYS[0]}, PHQ_2),
    ("", PHQ_TWO | {"44260-8": DAYS[0]}, PHQ_9),
    ("https://example.org/intake", PHQ_TWO | {"93249-1": YES}, C_SSRS),
    ("https://example.org/intake", {"69725-0": DAYS[0], "69736-7": DAYS[0], "68518-0": "LA6270-8"}, GAD_7),
    ("", {"68518-0": "LA6270-8"}, AUDIT_C),
    ("http://loinc.org/q/96842-0", {"96842-0": "LA6270-8"}, TAPS_1),
    (MEDICAL_CHECK, {}, MEDICAL_CHECK),
    ("https://example.org/Questionnaire/medical-check", {"seizure": YES}, None),
    ("", {"seizure": YES}, None),
    ("", {"44261-6": {"valueInteger": 20}}, None),
    ("http://loinc.org/q/82666-9", {"1": YES}, None),
    ("", {}, None),
]


@pytest.mark.parametrize(("address", "answers", "expected"), TAKEN)
def test_a_response_is_taken_for_the_instrument_it_names_or_asks(
    address: str, answers: dict[str, Any], expected: str | None
) -> None:
    found = score(form(address, answers))
    assert (found.instrument if found else None) == expected


@pytest.mark.parametrize(
    "other",
    [
        resource("Observation"),
        resource("QuestionnaireResponse"),
        form(C_SSRS, {"93249-1": YES}, resourceType="Patient"),
        form(C_SSRS, {"93249-1": YES}, resourceType=GONE),
        form(C_SSRS, {"93249-1": YES}, status="entered-in-error"),
    ],
)
def test_what_is_no_screen_has_no_score(other: Any) -> None:
    assert score(other) is None
