"""PHQ-2, PHQ-9, GAD-7 and AUDIT-C: order of questions, every cut, what is missing, and the rule of "never"."""

from itertools import product
from typing import Any

import pytest

from fhir.content.exact import Lexeme, Object
from fhir.content.questionnaires import QUESTIONNAIRES, Level, Score, score
from tests.fhir.questionnaires.forms import AUDIT_C, DAYS, GAD_7, PHQ_2, PHQ_9, REFUSED, Answer, form
from tests.fhir.samples import LOINC, resource

PHQ_ITEMS = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
GAD_ITEMS = ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7")
AUDIT_ITEMS = ("68518-0", "68519-8", "68520-6")
AUDIT_ANSWERS = (
    ("LA6270-8", "LA18926-8", "LA18927-6", "LA18928-4", "LA18929-2"),
    ("LA15694-5", "LA15695-2", "LA18930-0", "LA18931-8", "LA18932-6"),
    ("LA6270-8", "LA18933-4", "LA18876-5", "LA18891-4", "LA18934-2"),
)


def scored(response: Object, sex: str = "unknown") -> Score:
    found = score(response, sex=sex)
    assert found is not None
    return found


def spread(total: int, items: tuple[str, ...]) -> dict[str, Answer]:
    """Answers of 0 to 3 that add up to a total, the first questions taking the most."""
    answers: dict[str, Answer] = {}
    for item in items:
        points = min(3, total)
        answers[item] = DAYS[points]
        total -= points
    assert total == 0
    return answers


BANDS = {
    PHQ_2: (PHQ_ITEMS[:2], {0: "negative", 2: "negative", 3: "positive", 6: "positive"}),
    PHQ_9: (
        PHQ_ITEMS,
        {
            0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate", 14: "moderate",
            15: "moderately-severe", 19: "moderately-severe", 20: "severe", 27: "severe",
        },
    ),
    GAD_7: (
        GAD_ITEMS,
        {0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate", 14: "moderate", 15: "severe", 21: "severe"},
    ),
}  # fmt: skip
CUTS = [(address, total, level) for address, (_, cuts) in BANDS.items() for total, level in cuts.items()]
ITEMS = [(address, item) for address, (items, _) in BANDS.items() for item in items]


@pytest.mark.parametrize(("address", "total", "level"), CUTS)
def test_a_total_falls_into_its_band(address: str, total: int, level: str) -> None:
    found = scored(form(address, spread(total, BANDS[address][0])))
    assert (found.instrument, found.total, found.level, found.complete) == (address, total, level, True)


@pytest.mark.parametrize(("address", "item"), ITEMS)
@pytest.mark.parametrize("silence", [None, REFUSED, {"valueString": "no"}], ids=["open", "refused", "in words"])
def test_one_missing_answer_leaves_no_total(address: str, item: str, silence: Answer) -> None:
    answers = spread(0, BANDS[address][0]) | {item: silence}
    found = scored(form(address, answers))
    assert (found.total, found.level, found.complete) == (None, Level.INCOMPLETE, False)
    assert (found.refused if silence is REFUSED else found.missing) == (item,)
    assert "not a zero" in " ".join(found.advice)


def test_a_question_left_out_of_the_form_is_missing() -> None:
    found = scored(form(GAD_7, spread(0, GAD_ITEMS[:-1])))
    assert (found.total, found.missing) == (None, ("69736-7",))


def test_each_answer_counts_what_its_list_says() -> None:
    for points, code in enumerate(DAYS):
        assert scored(form(PHQ_2, {"44250-9": code, "44255-8": "LA6568-5"})).total == points


def test_the_questions_of_the_gad_7_stand_in_their_order() -> None:
    items: Any = [item for item in QUESTIONNAIRES[GAD_7]["item"] if isinstance(item, dict) and item["type"] == "choice"]
    assert tuple(item["code"][0]["code"] for item in items) == GAD_ITEMS
    assert "irritable" in items[5]["text"]
    assert "irritado" in items[5]["_text"]["extension"][0]["extension"][1]["valueString"]
    assert "afraid" in items[6]["text"]
    assert "miedo" in items[6]["_text"]["extension"][0]["extension"][1]["valueString"]


def test_the_questions_of_the_phq_9_stand_in_their_order() -> None:
    items: Any = [item for item in QUESTIONNAIRES[PHQ_9]["item"] if isinstance(item, dict) and item["type"] == "choice"]
    assert tuple(item["code"][0]["code"] for item in items) == (*PHQ_ITEMS, "69722-7")
    assert "better off dead" in items[8]["text"]


@pytest.mark.parametrize("points", [0, 1, 2, 3])
def test_the_ninth_question_of_the_phq_9_asks_for_the_c_ssrs(points: int) -> None:
    found = scored(form(PHQ_9, spread(0, PHQ_ITEMS) | {"44260-8": DAYS[points]}))
    assert [finding.code for finding in found.findings] == (["self-harm"] if points else [])
    assert ("Do the C-SSRS screener now." in found.advice) is bool(points)


def test_a_total_that_is_missing_hides_no_thought_of_self_harm() -> None:
    found = scored(form(PHQ_9, {"44260-8": "LA6569-3"}))
    assert (found.level, found.findings[0].item, found.advice[0]) == (
        Level.INCOMPLETE,
        "44260-8",
        "Do the C-SSRS screener now.",
    )


def test_silence_on_self_harm_is_pointed_out() -> None:
    found = scored(form(PHQ_9, spread(0, PHQ_ITEMS) | {"44260-8": REFUSED}))
    assert found.findings == ()
    assert "or do the C-SSRS screener now" in found.advice[0]


def test_the_question_on_difficulty_does_not_count() -> None:
    answers = spread(4, PHQ_ITEMS)
    assert scored(form(PHQ_9, answers | {"69722-7": "LA6574-3"})).total == 4
    assert scored(form(PHQ_9, answers)).complete


def test_a_total_sent_along_does_not_count() -> None:
    assert scored(form(PHQ_9, spread(12, PHQ_ITEMS) | {"44261-6": {"valueInteger": 3}})).total == 12
    assert scored(form(PHQ_9, {"44261-6": {"valueInteger": 3}})).total is None


@pytest.mark.parametrize(("text", "total"), [("2", 2), ("0", 0), ("4", None), ("2.0", None), ("-1", None)])
def test_points_alone_are_read_if_the_list_has_them(text: str, total: int | None) -> None:
    response = resource(
        "QuestionnaireResponse",
        questionnaire=PHQ_2,
        item=[{"linkId": "/44255-8", "answer": [{"valueCoding": {"system": LOINC, "code": "LA6568-5"}}]}],
    )
    items = response["item"]
    assert isinstance(items, list)
    items.append({"linkId": "/44250-9", "answer": [{"valueInteger": Lexeme(text)}]})
    assert scored(response).total == total


def test_the_gravest_of_two_answers_counts() -> None:
    twice = [
        {"linkId": "/44250-9", "answer": [{"valueCoding": {"system": LOINC, "code": code}}]} for code in DAYS[::-1]
    ]
    other = {"linkId": "/44255-8", "answer": [{"valueCoding": {"system": LOINC, "code": DAYS[0]}}]}
    assert scored(resource("QuestionnaireResponse", questionnaire=PHQ_2, item=[*twice, other])).total == 3


# AUDIT-C


def drinking(*points: int | None) -> Object:
    answers = {
        item: None if each is None else codes[each]
        for item, codes, each in zip(AUDIT_ITEMS, AUDIT_ANSWERS, points, strict=True)
    }
    return form(AUDIT_C, answers)


@pytest.mark.parametrize("points", [each for each in product(range(5), repeat=3) if each[0] > 0])
def test_who_drinks_at_all_is_scored_by_all_three_questions(points: tuple[int, int, int]) -> None:
    found = scored(drinking(*points), "male")
    assert (found.total, found.complete) == (sum(points), True)
    assert found.level == ("positive" if sum(points) >= 4 else "negative")


@pytest.mark.parametrize(("sex", "cut"), [("male", 4), ("female", 3), ("other", 3), ("unknown", 3), ("", 3)])
def test_the_cut_hangs_on_sex_and_is_the_lower_where_it_is_not_known(sex: str, cut: int) -> None:
    for total in range(1, 5):
        points = (total, 0, 0)
        assert scored(drinking(*points), sex).level == ("positive" if total >= cut else "negative")


@pytest.mark.parametrize("rest", list(product([None, 0, 4], repeat=2)))
def test_after_never_the_other_questions_count_nothing_and_the_screen_is_complete(
    rest: tuple[int | None, int | None],
) -> None:
    found = scored(drinking(0, *rest))
    assert (found.total, found.level, found.complete, found.missing) == (0, Level.NEGATIVE, True, ())


@pytest.mark.parametrize("points", [(None, 0, 0), (1, None, 0), (1, 0, None), (None, None, None)])
def test_a_missing_answer_about_drinking_leaves_no_total(points: tuple[int | None, int | None, int | None]) -> None:
    found = scored(drinking(*points))
    expected = tuple(item for item, each in zip(AUDIT_ITEMS, points, strict=True) if each is None)
    assert (found.total, found.level, found.missing) == (None, Level.INCOMPLETE, expected)


def test_never_heavy_is_not_never() -> None:
    # LA6270-8 is "never" in the first and in the third question.
    assert scored(drinking(4, 4, 0)).total == 8
