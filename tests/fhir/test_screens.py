"""The triage level of a C-SSRS screener, against a truth table written apart from the code."""

from itertools import product
from typing import Any

import pytest

from fhir.content.screens import Risk, c_ssrs, risk
from tests.fhir.samples import LOINC, coded, resource

QUESTIONS = ("93246-7", "93247-5", "93248-3", "93249-1", "93250-9", "93267-3", "93269-9")
ANSWER = {True: "LA33-6", False: "LA32-8"}


def response(answers: dict[str, bool | None], prefix: str = "/", **more: object) -> Any:
    items: list[dict[str, Any]] = []
    for question, answer in answers.items():
        item: dict[str, Any] = {"linkId": f"{prefix}{question}"}
        if answer is not None:
            item["answer"] = [{"valueCoding": {"system": LOINC, "code": ANSWER[answer]}}]
        items.append(item)
    return resource("QuestionnaireResponse", item=items, **more)


def by_hand(one: bool, two: bool, three: bool, four: bool, five: bool, ever: bool, recent: bool) -> str:
    """Columbia Protocol: high = 4 or 5, or behavior within 3 months; moderate = 3, or behavior ever; low = 1 or 2."""
    if not two:
        three = four = five = False
    if not ever:
        recent = False
    if four or five or recent:
        return "high"
    if three or ever:
        return "moderate"
    return "low" if one or two else "none"


def test_every_full_set_of_answers_has_the_level_of_the_table() -> None:
    wrong = [
        answers
        for answers in product((True, False), repeat=7)
        if c_ssrs(response(dict(zip(QUESTIONS, answers, strict=True)))) != by_hand(*answers)
    ]
    assert wrong == []


YES, NO = True, False
PARTIAL: list[tuple[dict[str, bool | None], str]] = [
    ({"93246-7": NO, "93247-5": NO, "93267-3": NO}, "none"),
    ({"93246-7": YES, "93247-5": NO, "93267-3": NO}, "low"),
    ({"93246-7": NO, "93247-5": NO}, "incomplete"),
    ({"93246-7": NO, "93247-5": NO, "93267-3": None}, "incomplete"),
    ({"93246-7": NO, "93247-5": NO, "93267-3": YES}, "incomplete"),
    ({"93246-7": NO, "93247-5": NO, "93267-3": YES, "93269-9": NO}, "moderate"),
    ({"93247-5": NO, "93267-3": NO}, "incomplete"),
    ({"93246-7": NO, "93247-5": YES, "93267-3": NO}, "incomplete"),
    ({"93246-7": NO, "93247-5": YES, "93248-3": YES, "93249-1": NO, "93267-3": NO}, "incomplete"),
    ({"93249-1": YES}, "high"),
    ({"93250-9": YES, "93247-5": YES}, "high"),
    ({"93250-9": YES, "93247-5": NO, "93246-7": NO, "93267-3": NO}, "none"),
    ({"93269-9": YES}, "high"),
    ({"93269-9": YES, "93267-3": NO, "93246-7": NO, "93247-5": NO}, "none"),
]


@pytest.mark.parametrize(("answers", "expected"), PARTIAL)
def test_what_was_not_answered_is_a_state_and_never_hides_a_yes(answers: dict[str, bool | None], expected: str) -> None:
    assert c_ssrs(response(answers)) == expected
    assert c_ssrs(response(answers, prefix="")) == expected


def test_items_are_found_wherever_they_are_nested() -> None:
    recent = {"linkId": "/93269-9", "answer": [{"valueBoolean": True}]}
    ever = {"linkId": "/93267-3", "answer": [{"valueBoolean": True, "item": [recent]}]}
    assert c_ssrs(resource("QuestionnaireResponse", item=[{"linkId": "group", "item": [ever]}])) is Risk.HIGH


@pytest.mark.parametrize(
    "answer", [{"valueString": "yes"}, {"valueCoding": {"system": "https://example.org", "code": "LA33-6"}}]
)
def test_an_answer_in_other_words_is_no_answer(answer: dict[str, Any]) -> None:
    assert (
        c_ssrs(resource("QuestionnaireResponse", item=[{"linkId": "/93249-1", "answer": [answer]}])) is Risk.INCOMPLETE
    )


def test_another_instrument_has_no_level() -> None:
    assert c_ssrs(resource("QuestionnaireResponse", item=[{"linkId": "/44250-9"}])) is None
    assert risk([resource("QuestionnaireResponse"), resource("Observation"), resource("Condition")]) is None


def test_what_was_entered_in_error_does_not_count() -> None:
    assert c_ssrs(response({"93249-1": YES}, status="entered-in-error")) is None
    assert risk([stated("LA9193-9", status="entered-in-error")]) is None


def stated(code: str, **more: object) -> Any:
    return resource("Observation", code=coded(LOINC, "93374-7"), valueCodeableConcept=coded(LOINC, code), **more)


@pytest.mark.parametrize(
    ("code", "expected"), [("LA9194-7", "low"), ("LA6751-7", "moderate"), ("LA9193-9", "high"), ("LA1-1", "incomplete")]
)
def test_a_stated_level_is_read(code: str, expected: str) -> None:
    assert risk([stated(code)]) == expected


def test_the_highest_of_several_counts() -> None:
    low = {"93246-7": YES, "93247-5": NO, "93267-3": NO}
    assert risk([stated("LA9194-7"), response({"93249-1": YES})]) is Risk.HIGH
    assert risk([response(low), stated("LA9193-9")]) is Risk.HIGH
    assert risk([response(low), response({"93246-7": NO})]) is Risk.INCOMPLETE
    assert risk([response({"93246-7": NO}), stated("LA6751-7")]) is Risk.INCOMPLETE
