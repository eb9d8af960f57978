"""Which code belongs to which instrument, whose each is, and what is not shipped. The tables are written by hand."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from fhir.content.exact import Tree, dump
from fhir.content.questionnaires import INSTRUMENTS, LEVEL_WORDS, QUESTIONNAIRES, Level
from fhir.content.signs import Sign, of
from tests.fhir.questionnaires.forms import AUDIT_C, C_SSRS, GAD_7, MEDICAL_CHECK, PHQ_2, PHQ_9, TAPS_1
from tests.fhir.samples import LOINC

PHQ_2_ITEMS = "44250-9 44255-8"
# panel, questions, result
CODES = {
    C_SSRS: ("93373-9", "93246-7 93247-5 93248-3 93249-1 93250-9 93267-3 93269-9", "93374-7"),
    PHQ_2: ("55757-9", PHQ_2_ITEMS, "55758-7"),
    PHQ_9: (
        "44249-1",
        f"{PHQ_2_ITEMS} 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8 69722-7",
        "44261-6",
    ),
    GAD_7: ("69737-5", "69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7", "70274-6"),
    AUDIT_C: ("72109-2", "68518-0 68519-8 68520-6", "75626-2"),
    TAPS_1: ("96841-2", "96842-0 88037-7 75889-6 96843-8 96844-6", "96841-2"),
}
ANSWERS = {
    C_SSRS: "LA33-6 LA32-8",
    PHQ_2: "LA6568-5 LA6569-3 LA6570-1 LA6571-9",
    PHQ_9: "LA6568-5 LA6569-3 LA6570-1 LA6571-9 LA6572-7 LA6573-5 LA6575-0 LA6574-3",
    GAD_7: "LA6568-5 LA6569-3 LA6570-1 LA6571-9",
    AUDIT_C: "LA6270-8 LA18926-8 LA18927-6 LA18928-4 LA18929-2 LA15694-5 LA15695-2 LA18930-0 LA18931-8 LA18932-6 "
    "LA18933-4 LA18876-5 LA18891-4 LA18934-2",
    TAPS_1: "LA6270-8 LA18933-4 LA18876-5 LA18891-4 LA18934-2",
    MEDICAL_CHECK: "LA33-6 LA32-8",
}
BY_LOINC = pytest.mark.parametrize("address", CODES)


def codings(tree: Tree) -> Iterator[tuple[str, str]]:
    """Every (system, code) anywhere in a tree."""
    if isinstance(tree, dict):
        if isinstance(tree.get("system"), str) and isinstance(tree.get("code"), str):
            yield str(tree["system"]), str(tree["code"])
        for value in tree.values():
            yield from codings(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from codings(value)


def questions(address: str) -> list[Any]:
    form: Any = QUESTIONNAIRES[address]
    return [item for item in form["item"] if item["type"] != "display"]


def test_seven_instruments_are_shipped_each_under_its_address() -> None:
    assert list(QUESTIONNAIRES) == [*CODES, MEDICAL_CHECK] == list(INSTRUMENTS)
    assert [form["url"] for form in QUESTIONNAIRES.values()] == list(QUESTIONNAIRES)


@BY_LOINC
def test_an_instrument_has_its_own_codes_and_no_other(address: str) -> None:
    panel, items, result = CODES[address]
    form: Any = QUESTIONNAIRES[address]
    assert form["code"] == [{"system": LOINC, "code": panel}]
    assert [item["code"] for item in questions(address)] == [
        [{"system": LOINC, "code": code}] for code in items.split()
    ]
    assert [item["linkId"] for item in questions(address)] == [f"/{code}" for code in items.split()]
    assert (INSTRUMENTS[address].result.system, INSTRUMENTS[address].result.code) == (LOINC, result)
    allowed = {panel, *items.split(), *ANSWERS[address].split()}
    assert {code for system, code in codings(form) if system == LOINC} == allowed


def test_every_code_belongs_to_one_instrument_but_for_the_two_questions_of_the_phq_2() -> None:
    places: dict[str, set[str]] = {}
    for address in CODES:
        own = {item["code"][0]["code"] for item in questions(address)}
        for code in own | {CODES[address][0], INSTRUMENTS[address].result.code}:
            places.setdefault(code, set()).add(address)
    assert {code for code, found in places.items() if len(found) > 1} == set(PHQ_2_ITEMS.split())


def test_the_total_and_the_first_question_of_the_audit_c_are_the_right_ones() -> None:
    assert INSTRUMENTS[AUDIT_C].result.code == "75626-2"
    assert questions(AUDIT_C)[0]["linkId"] == "/68518-0"
    # 76504-0 is HARK's, 68517-2 another question, 75624-7 the total of the ten questions.
    assert not re.search(rb"76504-0|68517-2|75624-7", b"".join(map(dump, QUESTIONNAIRES.values())))


def test_the_panel_of_the_taps_1_is_not_its_question_on_tobacco() -> None:
    assert questions(TAPS_1)[0]["linkId"] == "/96842-0"
    assert "tobacco" in questions(TAPS_1)[0]["text"]


@pytest.mark.parametrize("address", ANSWERS)
def test_answers_are_in_the_order_and_of_the_codes_of_their_lists(address: str) -> None:
    seen: list[str] = []
    for item in questions(address):
        for option in item.get("answerOption", []):
            coding = option["valueCoding"]
            if coding["system"] == LOINC and coding["code"] not in seen:
                seen.append(coding["code"])
    assert seen == ANSWERS[address].split()


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (C_SSRS, "© 2008 The Research Foundation for Mental Hygiene, Inc."),
        (C_SSRS, "Columbia Lighthouse Project"),
        (PHQ_2, "No permission required to reproduce, translate, display or distribute"),
        (PHQ_9, "No permission required to reproduce, translate, display or distribute"),
        (GAD_7, "No permission required to reproduce, translate, display or distribute"),
        (AUDIT_C, "© World Health Organization"),
        (TAPS_1, "public domain"),
        *((address, "This material contains content from LOINC (http://loinc.org)") for address in CODES),
    ],
)
def test_an_instrument_says_whose_it_is(address: str, text: str) -> None:
    assert text in str(QUESTIONNAIRES[address]["copyright"])


@pytest.mark.parametrize("address", [address for address in ANSWERS if address != C_SSRS])
def test_every_text_stands_in_english_and_in_spanish(address: str) -> None:
    form: Any = QUESTIONNAIRES[address]
    holders = [(form, "title")]
    for item in form["item"]:
        holders.append((item, "text"))
        holders += [(option["valueCoding"], "display") for option in item.get("answerOption", [])]
    for holder, name in holders:
        (translation,) = holder[f"_{name}"]["extension"]
        parts = {part["url"]: part for part in translation["extension"]}
        assert (translation["url"], parts["lang"]["valueCode"]) == (
            "http://hl7.org/fhir/StructureDefinition/translation",
            "es",
        )
        assert parts["content"]["valueString"]


def test_nothing_is_shipped_that_others_may_not_pass_on() -> None:
    text = b"".join(map(dump, QUESTIONNAIRES.values())).decode()
    # DAST-10, the Stanley-Brown safety plan, levels of care of the ASAM, CSQ-8, CAMS
    assert not re.search(r"8266[67]-|DAST|Stanley-Brown|safety plan|ASAM|CSQ|CAMS", text)
    assert not re.search(r"blackouts|flashbacks|withdrawal symptoms \(felt sick\)|warning signs", text)


def test_every_level_has_a_word() -> None:
    assert set(LEVEL_WORDS) == set(Level)
    assert all(LEVEL_WORDS.values())


@BY_LOINC
def test_the_questions_of_a_screen_tell_where_its_answers_belong(address: str) -> None:
    substances = address in (AUDIT_C, TAPS_1)
    sign = Sign.SUBSTANCE_USE if substances else Sign.MENTAL_HEALTH
    for item in questions(address):
        assert of({"item": [{"linkId": item["linkId"]}]}) == {sign}
