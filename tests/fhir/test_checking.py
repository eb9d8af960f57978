"""When a medical check comes first, by the codes of what is told."""

from typing import Any
from uuid import UUID

import pytest

from fhir.content import checking
from fhir.content.encounter import Author, Told, resources
from fhir.content.exact import Object
from tests.fhir.questionnaires.forms import MEDICAL_CHECK, form

EVERY = ("walk-in", "overdose", "transport")


def told(*more: Object, service: str = "135", **facts: Any) -> list[Object]:
    said = Told(occurred="2026-11-22T10:40:00Z", priority="urgent", service=service, facts=facts)
    return [*resources(said, author=Author(reference="", words=""), key=UUID(int=1), authored="2026-11-22"), *more]


ASKS: dict[str, tuple[dict[str, Any], ...]] = {
    "walk-in": ({"location": "station"}, {"way-in": "walk-in"}),
    "overdose": ({"call": "overdose"}, {"substance": ("use", "overdose")}, {"naloxone": 2}),
    "transport": (
        {"disposition": "voluntary-ed"},
        {"disposition": "voluntary-treatment"},
        {"service": "230"},
        {"service": "465"},
    ),
}


@pytest.mark.parametrize(("why", "facts"), [(why, facts) for why, many in ASKS.items() for facts in many])
def test_it_comes_first_for_that_and_for_nothing_else(why: str, facts: dict[str, Any]) -> None:
    assert checking.is_due(told(**facts), when=EVERY)
    assert checking.is_due(told(**facts), when=[why])
    assert not checking.is_due(told(**facts), when=set(EVERY) - {why})
    assert not checking.is_due(told(**facts), when=[])


@pytest.mark.parametrize(
    "facts",
    [{}, {"location": "home"}, {"naloxone": 0}, {"call": "wellness"}, {"way-in": "phone"}, {"substance": ("use",)}],
)
def test_it_is_not_asked_where_nothing_tells_of_it(facts: dict[str, Any]) -> None:
    assert not checking.is_due(told(**facts), when=EVERY)


def test_one_that_was_done_is_enough_whatever_it_found_and_one_entered_in_error_is_none() -> None:
    for answers in ({}, {"seizure": {"valueBoolean": True}}):
        assert not checking.is_due(told(form(MEDICAL_CHECK, answers), naloxone=1), when=EVERY)
    wrong = form(MEDICAL_CHECK, {}) | {"status": "entered-in-error"}
    assert checking.is_due(told(wrong, naloxone=1), when=EVERY)


def test_what_was_entered_in_error_tells_of_nothing() -> None:
    said = [each | {"status": "entered-in-error"} for each in told(naloxone=1) if each["resourceType"] == "Observation"]
    assert not checking.is_due(said, when=EVERY)


def test_a_word_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        checking.is_due(told(), when=["fire"])
