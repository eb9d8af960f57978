"""The anonymous ask: what it says, and that nothing of the sender's strings is in it."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from fhir.content.ask import anonymous_ask
from fhir.content.exact import Object, Tree, dump, parse
from fhir.content.shapes import Element, shape
from fhir.content.validate import check
from tests.fhir.samples import EXAMPLES, LOINC, coded, exact, example, resource

TODAY = date(2026, 11, 22)
ID, PATIENT = UUID(int=1), UUID(int=2)
ASK = "https://bhu.example.org/fhir/CodeSystem/anonymous-ask"
CATEGORY = "http://terminology.hl7.org/CodeSystem/service-category"
TYPE = "http://terminology.hl7.org/CodeSystem/service-type"
CARE = "https://bhu.example.org/fhir/CodeSystem/level-of-care"
HIGH = {"linkId": "/93249-1", "answer": [{"valueCoding": {"system": LOINC, "code": "LA33-6"}}]}


def ask(request: Object, patient: Object, *screens: Object) -> Object:
    made = anonymous_ask(request, patient, screens, id_=ID, patient_id=PATIENT, today=TODAY)
    check(made)
    return made


def details(made: Object) -> list[str]:
    return [code for concept in made.get("orderDetail", []) for code in codes(concept)]


def codes(concept: Any) -> list[str]:
    return [each["code"] for each in concept["coding"]]


def test_the_ask_says_what_is_needed_and_no_more() -> None:
    request = resource(
        "ServiceRequest",
        id="s1",
        category=[coded(CATEGORY, "12")],
        code={
            "coding": [{"system": TYPE, "code": "317", "display": "Jane's detox"}, {"system": CARE, "code": "3.7-WM"}]
        },
        priority="urgent",
    )
    patient = resource(
        "Patient", gender="female", communication=[{"language": coded("urn:ietf:bcp:47", "es-MX")}], id="p1"
    )
    made = ask(request, patient, resource("QuestionnaireResponse", item=[HIGH]))
    assert made == exact(
        {
            "resourceType": "ServiceRequest",
            "id": str(ID),
            "status": "active",
            "intent": "order",
            "category": [{"coding": [{"system": CATEGORY, "code": "12", "display": "Drug/Alcohol"}]}],
            "priority": "urgent",
            "code": {"coding": [{"system": TYPE, "code": "317", "display": "Detoxification"}]},
            "orderDetail": [
                {"coding": [{"system": CARE, "code": "3.7-WM", "display": "Level of care 3.7-WM"}]},
                {"coding": [{"system": ASK, "code": "age-35-44", "display": "35 to 44"}]},
                {"coding": [{"system": ASK, "code": "unit-women", "display": "Unit for women"}]},
                {"coding": [{"system": "urn:ietf:bcp:47", "code": "es", "display": "Spanish"}]},
                {
                    "coding": [{"system": ASK, "code": "risk-high", "display": "suicide risk: high"}],
                    "text": "suicide risk: high",
                },
            ],
            "subject": {"reference": f"Patient/{PATIENT}"},
        }
    )


def test_a_request_that_says_little_gives_an_ask_that_says_less() -> None:
    made = ask(resource("ServiceRequest"), {"resourceType": "Patient"})
    assert codes(made["code"]) == ["unspecified"]
    assert set(made) == {"resourceType", "id", "status", "intent", "code", "subject"}


BANDS = [
    ("2026-11-22", ["age-0-12"]),
    ("2013-11-23", ["age-0-12"]),
    ("2013-11-22", ["age-13-17"]),
    ("2008-11-23", ["age-13-17"]),
    ("2008-11-22", ["age-18-24"]),
    ("2001-11-22", ["age-25-34"]),
    ("1991-11-22", ["age-35-44"]),
    ("1981-11-22", ["age-45-54"]),
    ("1971-11-22", ["age-55-64"]),
    ("1961-11-22", ["age-65-on"]),
    ("1925-01-01", ["age-65-on"]),
    ("2000-02-29", ["age-25-34"]),
    ("1990", ["age-35-44"]),
    ("1990-05", ["age-35-44"]),
    ("2008", []),
    ("2008-11", []),
    ("2027-01-01", []),
]


@pytest.mark.parametrize(("born", "expected"), BANDS)
def test_an_age_is_told_as_a_band_or_not_at_all(born: str, expected: list[str]) -> None:
    assert details(ask(resource("ServiceRequest"), resource("Patient", birthDate=born))) == expected


@pytest.mark.parametrize(
    ("gender", "unit"), [("female", "unit-women"), ("male", "unit-men"), ("other", "unit-ask"), ("unknown", "unit-ask")]
)
def test_the_unit_follows_the_gender(gender: str, unit: str) -> None:
    patient: Object = {"resourceType": "Patient", "gender": gender}
    assert details(ask(resource("ServiceRequest"), patient)) == [unit]


@pytest.mark.parametrize(
    ("communication", "expected"),
    [
        ([{"language": coded("urn:ietf:bcp:47", "en")}], ["en"]),
        ([{"language": coded("urn:ietf:bcp:47", "PT-br")}], ["pt"]),
        ([{"language": coded("urn:ietf:bcp:47", "kea")}], ["language-other"]),
        ([{"language": {"text": "Kriolu"}}], ["language-other"]),
        ([{"language": coded("x", "en")}, {"language": coded("x", "km"), "preferred": True}], ["km"]),
    ],
)
def test_a_language_is_told_without_region_and_a_rare_one_not_by_name(communication: Tree, expected: list[str]) -> None:
    patient: Object = {"resourceType": "Patient", "communication": communication}
    assert details(ask(resource("ServiceRequest"), patient)) == expected


def test_a_code_the_catalog_does_not_know_stays_with_the_sender() -> None:
    request = resource(
        "ServiceRequest",
        category=[coded(CATEGORY, "999"), coded("https://example.org", "12")],
        code=coded("http://snomed.info/sct", "225334002"),
        orderDetail=[coded(CARE, "penthouse")],
    )
    made = ask(request, {"resourceType": "Patient"})
    assert "category" not in made
    assert codes(made["code"]) == ["unspecified"]
    assert details(made) == []


def full(type_: str, number: Iterator[int], depth: int = 0) -> Object:
    """A tree with a canary in every string of a type, as deep as it matters."""
    shape_ = shape(type_)
    made: Object = {"resourceType": type_} if shape_.resource else {}
    chosen: set[str] = set()
    for element in shape_.elements.values():
        if (
            element.path in chosen
            or (depth and element.name in {"extension", "contained"})
            or element.type == "Resource"
        ):
            continue
        value = canary(element, number, depth)
        if value is not None:
            chosen.add(element.path)
            made[element.name] = [value] if element.many else value
    return made


def canary(element: Element, number: Iterator[int], depth: int) -> Tree:
    if element.primitive is None:
        return full(element.type, number, depth + 1) if depth < 3 else None
    if element.codes or element.type in {"boolean", "integer", "decimal", "positiveInt", "unsignedInt", "date"}:
        return None
    return f"canary{next(number)}x"


def strings(tree: Tree) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from strings(each)


def test_no_string_of_the_sender_is_in_the_ask() -> None:
    number = iter(range(1, 1_000_000))
    inputs = [full(type_, number) for type_ in ("ServiceRequest", "Patient", "QuestionnaireResponse", "Observation")]
    inputs[0] |= {"category": [coded(CATEGORY, "12") | {"text": "canary0x"}], "priority": "stat"}
    inputs[1] |= {"birthDate": "1990-05-17", "gender": "male"}
    inputs[2] |= {"item": [HIGH, *inputs[2]["item"]]}  # type: ignore[misc]  # a list, made by full
    planted = [text for each in inputs for text in strings(each) if text.startswith("canary")]
    assert len(planted) > 300
    made = anonymous_ask(inputs[0], inputs[1], inputs[2:], id_=ID, patient_id=PATIENT, today=TODAY)
    assert b"canary" not in dump(made)
    assert b"1990" not in dump(made)
    assert details(made)[-1] == "risk-high"


@pytest.mark.skipif(not EXAMPLES.exists(), reason="NO OFFICIAL EXAMPLES")
def test_no_word_of_the_official_examples_is_in_the_ask() -> None:
    request, patient = example("ServiceRequest-physical-therapy"), example("Patient-example")
    made = ask(request, patient, example("QuestionnaireResponse-bb"))
    ours = set(strings(parse(dump(made))))
    theirs = set(strings(request)) | set(strings(patient))
    assert ours & theirs <= {
        "ServiceRequest",
        "active",
        "order",
        "http://snomed.info/sct",
        "386053000",
        "Evaluation procedure",
    }
