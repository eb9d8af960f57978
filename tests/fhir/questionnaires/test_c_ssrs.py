"""The C-SSRS screener: every set of answers against a table of patterns, its wording, and the priority it asks for."""

import re
from itertools import product
from typing import Any

import pytest

from fhir.content.questionnaires import QUESTIONNAIRES, Level, Score, raised, score
from fhir.content.screens import Risk, c_ssrs, risk
from tests.fhir.questionnaires.forms import C_SSRS, NO, PHQ_9, REFUSED, UNKNOWN, YES, form
from tests.fhir.samples import LOINC, coded, resource

CODES = ("93246-7", "93247-5", "93248-3", "93249-1", "93250-9", "93267-3", "93269-9")
MARKS = {"y": YES, "n": NO, "-": None}
SETS = ["".join(marks) for marks in product("yn-", repeat=7)]

# Columbia's triage as patterns over questions 1 to 6 and "within 3 months": y yes, n no, - not answered, . any.
# The first that fits decides. A no to question 2 strikes out 3 to 5, a no to question 6 the last.
TABLE = (
    (r".[y-].y...", "high"),  # 4: some intention, past month
    (r".[y-]..y..", "high"),  # 5: a plan, past month
    (r".....[y-]y", "high"),  # 6 within 3 months
    (r"-......", "incomplete"),
    (r".-.....", "incomplete"),
    (r".....-.", "incomplete"),
    (r".y-....", "incomplete"),
    (r".y.-...", "incomplete"),
    (r".y..-..", "incomplete"),
    (r".....y-", "incomplete"),
    (r".yy....", "moderate"),  # 3: a method
    (r".....y.", "moderate"),  # 6, longer ago
    (r"y......", "low"),
    (r".y.....", "low"),
    (r".......", "none"),
)


def by_table(marks: str, table: tuple[tuple[str, str], ...] = TABLE) -> str:
    return next(level for pattern, level in table if re.fullmatch(pattern, marks))


def filled(marks: str) -> Any:
    return form(C_SSRS, {code: MARKS[mark] for code, mark in zip(CODES, marks, strict=True)})


def scored(marks: str) -> Score:
    found = score(filled(marks))
    assert found is not None
    return found


LEVELS = {marks: str(scored(marks).level) for marks in SETS}


def test_every_set_of_answers_has_the_level_of_the_table() -> None:
    assert len(LEVELS) == 3**7
    assert {marks: level for marks, level in LEVELS.items() if level != by_table(marks)} == {}


def test_the_level_that_goes_into_the_anonymous_ask_is_the_same() -> None:
    assert [marks for marks in SETS if c_ssrs(filled(marks)) != by_table(marks)] == []


def changed(pattern: str, level: str) -> tuple[tuple[str, str], ...]:
    assert pattern in dict(TABLE)
    return tuple((each, level if each == pattern else old) for each, old in TABLE)


@pytest.mark.parametrize(
    ("pattern", "level"),
    [
        (r".[y-].y...", "moderate"),
        (r".[y-]..y..", "moderate"),
        (r".....[y-]y", "moderate"),
        (r".....y.", "high"),
        (r".....y.", "low"),
        (r".yy....", "low"),
        (r".yy....", "high"),
        (r".....-.", "none"),
        (r"y......", "moderate"),
        (r".y.....", "moderate"),
    ],
    ids=["4 moderate", "5 moderate", "recent moderate", "lifetime high", "lifetime low", "3 low", "3 high", "6 silent",
         "1 moderate", "2 moderate"],
)  # fmt: skip
def test_a_table_with_a_wrong_rule_is_not_what_is_scored(pattern: str, level: str) -> None:
    wrong = changed(pattern, level)
    assert [marks for marks in SETS if LEVELS[marks] != by_table(marks, wrong)] != []


def test_questions_3_to_5_are_ignored_after_a_no_to_question_2() -> None:
    assert {LEVELS[f"nn{''.join(marks)}nn"] for marks in product("yn-", repeat=3)} == {"none"}


def test_a_screen_is_complete_when_every_question_that_applies_has_an_answer() -> None:
    # by another way than patterns: which questions apply, then whether one of them is silent
    for marks in SETS:
        applies = [0, 1, 5, *((2, 3, 4) if marks[1] == "y" else ()), *((6,) if marks[5] == "y" else ())]
        silent = {CODES[place] for place in applies if marks[place] == "-"}
        found = scored(marks)
        assert (found.complete, set(found.missing), found.total) == (not silent, silent, None)


@pytest.mark.parametrize("place", range(7))
def test_one_missing_answer_makes_a_screen_incomplete(place: int) -> None:
    full = "nyynnyn"
    assert scored(full).complete
    found = scored(full[:place] + "-" + full[place + 1 :])
    assert (found.level, found.complete, found.missing) == (Level.INCOMPLETE, False, (CODES[place],))
    assert "Treat as high until a clinician reviews" in found.advice[0]


@pytest.mark.parametrize("silence", [REFUSED, {"valueCoding": {"extension": REFUSED["extension"]}}])
def test_a_refusal_is_on_record_and_no_answer(silence: dict[str, Any]) -> None:
    answers = dict.fromkeys(CODES[:5], NO) | {"93267-3": silence}
    found = score(form(C_SSRS, answers))
    assert found is not None
    assert (found.level, found.complete, found.refused, found.missing) == (
        Level.INCOMPLETE, False, ("93267-3",), (),
    )  # fmt: skip


def test_unknown_is_not_a_no() -> None:
    found = score(form(C_SSRS, dict.fromkeys(CODES[:5], NO) | {"93267-3": UNKNOWN}))
    assert found is not None
    assert (found.level, found.unknown) == (Level.INCOMPLETE, ("93267-3",))


@pytest.mark.parametrize("order", [(YES, NO), (NO, YES)])
def test_a_yes_is_found_wherever_it_stands_among_several_answers(order: tuple[str, str]) -> None:
    answers = [{"valueCoding": {"system": LOINC, "code": code}} for code in order]
    items = [{"linkId": "/93249-1", "answer": [answer]} for answer in answers]
    assert c_ssrs(resource("QuestionnaireResponse", item=items)) is Risk.HIGH
    assert c_ssrs(resource("QuestionnaireResponse", item=[{"linkId": "/93249-1", "answer": answers}])) is Risk.HIGH


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_no_beside_a_silence_is_no_answer(order: tuple[int, int]) -> None:
    twice = [{"linkId": "/93267-3", "answer": [{"valueBoolean": False}]}, {"linkId": "/93267-3"}]
    others = [{"linkId": f"/{code}", "answer": [{"valueBoolean": False}]} for code in CODES[:2]]
    items = [*others, *(twice[place] for place in order)]
    assert c_ssrs(resource("QuestionnaireResponse", item=items)) is Risk.INCOMPLETE


def test_a_level_sent_along_does_not_count() -> None:
    stated = {"valueCoding": {"system": LOINC, "code": "LA9194-7"}}
    answers = dict(zip(CODES, (NO, YES, NO, YES, NO, NO), strict=False)) | {"93374-7": stated}
    found = score(form(C_SSRS, answers))
    assert found is not None
    assert found.level is Level.HIGH


def test_a_form_that_names_the_screener_and_answers_nothing_is_incomplete() -> None:
    assert c_ssrs(resource("QuestionnaireResponse", questionnaire=f"{C_SSRS}|1")) is Risk.INCOMPLETE


def test_suicide_risk_is_read_from_a_form_that_names_another_instrument() -> None:
    assert risk([form(PHQ_9, {"44250-9": "LA6568-5", "93249-1": YES})]) is Risk.HIGH


OURS = "https://bhu.example.org/fhir/CodeSystem/screen-level"


@pytest.mark.parametrize(
    ("codings", "expected"),
    [
        ([(OURS, "none")], "none"),
        ([(LOINC, "LA9194-7"), (OURS, "low")], "low"),
        ([(LOINC, "LA9194-7"), (LOINC, "LA9193-9")], "high"),
        ([("https://example.org/other", "none")], "incomplete"),
        ([], "incomplete"),
    ],
)
def test_a_level_that_others_state_is_read_by_its_codes(codings: list[tuple[str, str]], expected: str) -> None:
    value = {"coding": [{"system": system, "code": code} for system, code in codings]} if codings else {"text": "low"}
    assert risk([resource("Observation", code=coded(LOINC, "93374-7"), valueCodeableConcept=value)]) == expected


# From the published form, letter by letter.
WORDING = (
    "Have you wished you were dead or wished you could go to sleep and not wake up?",
    "Have you actually had any thoughts of killing yourself?",
    "Have you been thinking about how you might do this?",
    "Have you had these thoughts and had some intention of acting on them?",
    (
        "Have you started to work out or worked out the details of how to kill yourself? "
        "Do you intend to carry out this plan?"
    ),
    "Have you ever done anything, started to do anything, or prepared to do anything to end your life?",
    "Was this within the past 3 months?",
)


def test_the_wording_is_unchanged_and_english_only() -> None:
    form_: Any = QUESTIONNAIRES[C_SSRS]
    questions = [item for item in form_["item"] if item["type"] == "choice"]
    assert tuple(item["text"] for item in questions) == WORDING
    assert [[option["valueCoding"]["display"] for option in item["answerOption"]] for item in questions] == [
        ["Yes", "No"]
    ] * 7
    assert "translation" not in str(form_)
    assert "'es'" not in str(form_)


def test_the_copyright_line_is_kept() -> None:
    assert str(QUESTIONNAIRES[C_SSRS]["copyright"]).startswith(
        "© 2008 The Research Foundation for Mental Hygiene, Inc. "
    )


PRIORITIES = ("routine", "urgent", "asap", "stat")
# level -> the priority of a request that was routine, urgent, asap, stat
RAISED = {
    "none": PRIORITIES,
    "low": PRIORITIES,
    "moderate": ("urgent", "urgent", "asap", "stat"),
    "incomplete": ("asap", "asap", "asap", "stat"),
    "high": ("stat", "stat", "stat", "stat"),
}
EXAMPLES = {"none": "nn---n-", "low": "yn---n-", "moderate": "nn---yn", "incomplete": "nn-----", "high": "nynynn-"}


@pytest.mark.parametrize("level", RAISED)
def test_a_screen_raises_the_priority_and_never_lowers_it(level: str) -> None:
    found = scored(EXAMPLES[level])
    assert found.level == level
    assert tuple(raised(priority, [found]) for priority in PRIORITIES) == RAISED[level]


def test_the_gravest_of_several_screens_decides() -> None:
    screens = [scored(EXAMPLES[level]) for level in ("low", "high", "moderate")]
    assert raised("routine", screens) == "stat"
    assert raised("urgent", []) == "urgent"


def test_a_moderate_depression_raises_nothing() -> None:
    codes = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
    depressed = score(form(PHQ_9, dict.fromkeys(codes[:5], "LA6570-1") | dict.fromkeys(codes[5:], "LA6568-5")))
    assert depressed is not None
    assert depressed.level is Level.MODERATE
    assert raised("routine", [depressed]) == "routine"


def test_an_unknown_priority_is_refused() -> None:
    with pytest.raises(ValueError, match="not in"):
        raised("soon", [])
