"""The Questionnaires are FHIR R4: by our own walk, by the library, and by the rules of R4 that neither checks."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir.content.exact import dump, parse
from fhir.content.questionnaires import INSTRUMENTS, QUESTIONNAIRES
from fhir.content.questionnaires.resources import questionnaire
from fhir.content.validate import check
from tests.fhir.questionnaires.forms import AUDIT_C, C_SSRS, GAD_7, MEDICAL_CHECK, PHQ_9, TAPS_1

EACH = pytest.mark.parametrize("address", QUESTIONNAIRES)
ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"


def made(address: str) -> Any:
    return json.loads(dump(QUESTIONNAIRES[address]))


def items(address: str) -> list[Any]:
    return list(made(address)["item"])


@EACH
def test_it_is_valid_by_our_own_walk_and_comes_back_exactly(address: str) -> None:
    tree = QUESTIONNAIRES[address]
    check(tree)
    assert parse(dump(tree)) == tree


@EACH
def test_it_is_valid_by_the_library(address: str) -> None:
    model = get_fhir_model_class("Questionnaire").model_validate(made(address))
    assert json.loads(model.model_dump_json())["url"] == address


@EACH
def test_its_head_says_what_it_is(address: str) -> None:
    form = made(address)
    assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", form["name"])  # que-0
    assert form["subjectType"] == ["Patient"]
    assert form["status"] == ("draft" if address == MEDICAL_CHECK else "active")
    assert form["version"] == "1"
    assert form["title"]
    assert form["language"] == "en"


@EACH
def test_its_link_ids_are_unique(address: str) -> None:  # que-2
    links = [item["linkId"] for item in items(address)]
    assert len(set(links)) == len(links)


@EACH
def test_its_items_keep_the_rules_of_their_type(address: str) -> None:  # que-1, que-3, que-5, que-6
    for item in items(address):
        choice, display = item["type"] == "choice", item["type"] == "display"
        assert ("answerOption" in item) is choice
        assert ("code" in item) is not display
        assert ("required" in item) is not display
        assert item["text"]


@EACH
def test_a_condition_names_an_earlier_question_and_one_of_its_answers(address: str) -> None:  # que-7
    earlier: dict[str, Any] = {}
    for item in items(address):
        for when in item.get("enableWhen", []):
            asked = earlier[when["question"]]
            if asked["type"] == "integer":
                assert (when["operator"], when["answerInteger"]) == (">=", 1)
            else:
                answers = [option["valueCoding"]["code"] for option in asked["answerOption"]]
                assert when["answerCoding"]["code"] in answers
                assert when["operator"] in ("=", "!=")
        earlier[item["linkId"]] = item


def conditions(address: str) -> Iterator[tuple[str, str, str, str]]:
    for item in items(address):
        for when in item.get("enableWhen", []):
            answer = when["answerCoding"]["code"] if "answerCoding" in when else str(when["answerInteger"])
            yield item["linkId"], when["question"], when["operator"], answer


CONDITIONS = {
    C_SSRS: {
        ("/93248-3", "/93247-5", "=", "LA33-6"),
        ("/93249-1", "/93247-5", "=", "LA33-6"),
        ("/93250-9", "/93247-5", "=", "LA33-6"),
        ("/93269-9", "/93267-3", "=", "LA33-6"),
    },
    AUDIT_C: {("/68519-8", "/68518-0", "!=", "LA6270-8"), ("/68520-6", "/68518-0", "!=", "LA6270-8")},
    MEDICAL_CHECK: {("/naloxone-response", "/naloxone-doses", ">=", "1")},
}


@EACH
def test_its_conditions_are_those_of_the_instrument(address: str) -> None:
    assert set(conditions(address)) == CONDITIONS.get(address, set())


OPTIONAL = {
    PHQ_9: {"/69722-7"},
    TAPS_1: {"/88037-7", "/75889-6"},
    MEDICAL_CHECK: {"/ems-case", "/naloxone-doses", "/naloxone-response"},
}


@EACH
def test_every_question_is_required_but_those_that_need_not_be_answered(address: str) -> None:
    loose = {item["linkId"] for item in items(address) if item.get("required") is False}
    assert loose == OPTIONAL.get(address, set())


@pytest.mark.parametrize(("address", "top"), [(PHQ_9, 3), (GAD_7, 3), (AUDIT_C, 4)])
def test_answers_that_add_up_say_what_they_count(address: str, top: int) -> None:
    for item in items(address):
        if item["type"] == "choice" and item.get("required"):
            points = [option["extension"][0] for option in item["answerOption"]]
            assert points == [{"url": ORDINAL, "valueDecimal": number} for number in range(top + 1)]


@pytest.mark.parametrize("address", [C_SSRS, TAPS_1, MEDICAL_CHECK])
def test_answers_that_do_not_add_up_count_nothing(address: str) -> None:
    assert "ordinalValue" not in json.dumps(made(address))


def test_a_tree_is_made_anew_each_time() -> None:
    instrument = INSTRUMENTS[C_SSRS]
    assert questionnaire(instrument) == QUESTIONNAIRES[C_SSRS]
    assert questionnaire(instrument)["item"] is not QUESTIONNAIRES[C_SSRS]["item"]
