"""Which compartment a resource is placed in; the expectations are written by hand."""

import json
from typing import Any

import pytest

from fhir.content.compartments import Compartment, Source, place
from fhir.content.types import Arrival, allowed
from tests.fhir.samples import ACT, LOINC, coded, resource

POLICE = Source(sworn=True, part2=False)
POLICE_PROGRAM = Source(sworn=True, part2=True)
PROGRAM = Source(sworn=False, part2=True)
CLINIC = Source(sworn=False, part2=False)

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SCT = "http://snomed.info/sct"
CATEGORY = "http://terminology.hl7.org/CodeSystem/service-category"
SURVEY = {"category": [coded("http://terminology.hl7.org/CodeSystem/observation-category", "survey")]}

# what, and where it goes from: police, police that is or may be a Part 2 program, such a program, any other clinic
PLACES: list[tuple[str, dict[str, Any], str]] = [
    ("Patient", {}, "contact contact contact contact"),
    ("Consent", {}, "contact contact contact contact"),
    ("ServiceRequest", {}, "incident incident clinical clinical"),
    ("Task", {}, "incident incident clinical clinical"),
    ("Observation", {}, "incident incident clinical clinical"),
    ("Condition", {}, "incident incident clinical clinical"),
    ("DocumentReference", {}, "incident incident clinical clinical"),
    ("Communication", {}, "incident incident clinical clinical"),
    ("QuestionnaireResponse", {}, "clinical clinical clinical clinical"),
    # what police observed is police data, substances or not (R-P2-03)
    ("Observation", {"code": coded(ICD, "T40.1X1A")}, "incident incident sud clinical"),
    ("Condition", {"code": coded(ICD, "F11.20")}, "incident incident sud clinical"),
    ("Condition", {"code": coded(ICD, "F10")}, "incident incident sud clinical"),
    ("Condition", {"code": coded(ICD, "f19.10")}, "incident incident sud clinical"),
    ("Condition", {"code": coded(ICD, "F20.9")}, "incident incident clinical clinical"),
    ("Condition", {"code": coded("http://example.org/other", "F11.20")}, "incident incident clinical clinical"),
    ("Condition", {"code": coded(SCT, "75544000")}, "incident incident sud clinical"),
    ("ServiceRequest", {"category": [coded(CATEGORY, "12")]}, "incident incident sud clinical"),
    ("ServiceRequest", {"category": [coded(CATEGORY, "22")]}, "incident incident clinical clinical"),
    ("ServiceRequest", {"code": coded(SCT, "56876005")}, "incident incident sud clinical"),
    (
        "ServiceRequest",
        {"code": coded("http://terminology.hl7.org/CodeSystem/service-type", "317")},
        "incident incident sud clinical",
    ),
    (
        "ServiceRequest",
        {"contained": [resource("Condition", id="c", code=coded(ICD, "F11.20"))]},
        "incident incident sud clinical",
    ),
    # screening is clinical whoever asked the questions
    ("Observation", SURVEY, "clinical clinical clinical clinical"),
    ("Observation", {"code": coded(LOINC, "93374-7")}, "clinical clinical clinical clinical"),
    ("Observation", {"code": coded(LOINC, "44261-6")}, "clinical clinical clinical clinical"),
    ("QuestionnaireResponse", {"questionnaire": "http://loinc.org/q/93373-9"}, "clinical clinical clinical clinical"),
    ("QuestionnaireResponse", {"item": [{"linkId": "/44250-9"}]}, "clinical clinical clinical clinical"),
    # screening for substance use
    ("QuestionnaireResponse", {"questionnaire": "http://loinc.org/q/72109-2|1"}, "clinical sud sud clinical"),
    (
        "QuestionnaireResponse",
        {"item": [{"linkId": "g", "item": [{"linkId": "/68518-0"}]}]},
        "clinical sud sud clinical",
    ),
    ("QuestionnaireResponse", {"item": [{"linkId": "82667-7"}]}, "clinical sud sud clinical"),
    ("QuestionnaireResponse", {"questionnaire": "http://loinc.org/q/96842-0"}, "clinical sud sud clinical"),
    ("Observation", {**SURVEY, "code": coded(LOINC, "75626-2")}, "clinical sud sud clinical"),
    ("Observation", {"code": coded(LOINC, "75626-2")}, "incident incident sud clinical"),
    # a consent that says what it covers
    ("Consent", {"provision": {"securityLabel": [{"system": ACT, "code": "42CFRPart2"}]}}, "contact contact sud sud"),
    ("Consent", {"provision": {"code": [coded(ICD, "F11.20")]}}, "contact contact sud sud"),
    ("Consent", {"provision": {"securityLabel": [{"system": ACT, "code": "PSY"}]}}, "contact contact contact contact"),
    # labels of the author
    *(
        ("Observation", {"meta": {"security": [{"system": ACT, "code": code}]}}, "sud sud sud sud")
        for code in ("SUD", "ETH", "ETHUD", "OPIOIDUD", "42CFRPart2")
    ),
    *(
        (
            "Communication",
            {"meta": {"security": [{"system": ACT, "code": code}]}},
            "clinical clinical clinical clinical",
        )
        for code in ("MH", "PSY", "BH")
    ),
    ("Patient", {"meta": {"security": [{"system": ACT, "code": "SUD"}]}}, "sud sud sud sud"),
    ("Consent", {"meta": {"security": [{"system": ACT, "code": "SUD"}]}}, "sud sud sud sud"),
    (
        "Observation",
        {"meta": {"security": [{"system": "http://example.org", "code": "SUD"}]}},
        "incident incident clinical clinical",
    ),
    ("Observation", {"meta": {"tag": [{"system": ACT, "code": "SUD"}]}}, "incident incident clinical clinical"),
    ("DocumentReference", {"securityLabel": [coded(ACT, "SUD")]}, "sud sud sud sud"),
    ("DocumentReference", {"securityLabel": [coded(ACT, "PSY")]}, "clinical clinical clinical clinical"),
    (
        "Condition",
        {"code": coded(ICD, "F11.20"), "meta": {"security": [{"system": ACT, "code": "MH"}]}},
        "clinical clinical sud clinical",
    ),
]


@pytest.mark.parametrize(("type_", "changed", "expected"), PLACES)
def test_a_resource_is_placed_by_type_code_and_label(type_: str, changed: dict[str, Any], expected: str) -> None:
    tree = resource(type_, **changed)
    sources = (POLICE, POLICE_PROGRAM, PROGRAM, CLINIC)
    assert " ".join(place(tree, source=source) for source in sources) == expected


WISHES = [
    # placed, wished -> where it goes
    ("Patient", CLINIC, "sud", "sud"),
    ("Patient", CLINIC, "clinical", "clinical"),
    ("Patient", CLINIC, "incident", "contact"),
    ("Observation", POLICE, "clinical", "clinical"),
    ("Observation", POLICE, "contact", "incident"),
    ("Observation", CLINIC, "contact", "clinical"),
    ("QuestionnaireResponse", CLINIC, "incident", "clinical"),
]


@pytest.mark.parametrize(("type_", "source", "wish", "expected"), WISHES)
def test_an_author_s_wish_raises_and_never_lowers(type_: str, source: Source, wish: str, expected: str) -> None:
    assert place(resource(type_), source=source, at_least=Compartment(wish)) == expected


@pytest.mark.parametrize("wish", ["request", "transport", "outcome"])
def test_a_wish_for_a_compartment_that_does_not_rank_raises(wish: str) -> None:
    with pytest.raises(KeyError):
        place(resource("Patient"), source=CLINIC, at_least=Compartment(wish))


def test_nothing_a_sender_wrote_goes_to_the_anonymous_ask() -> None:
    for type_ in allowed(Arrival.REFERRAL):
        for source in (POLICE, POLICE_PROGRAM, PROGRAM, CLINIC):
            assert place(resource(type_), source=source) is not Compartment.REQUEST


@pytest.mark.parametrize("type_", [*allowed(Arrival.DIRECTORY), *allowed(Arrival.READ_ONLY)])
def test_a_type_that_does_not_arrive_in_a_referral_has_no_place(type_: str) -> None:
    with pytest.raises(KeyError):
        place(resource(type_), source=CLINIC)


def test_placing_changes_nothing() -> None:
    tree = resource("Condition", code=coded(ICD, "F11.20"))
    before = json.dumps(tree)
    place(tree, source=PROGRAM)
    assert json.dumps(tree) == before
