"""TAPS-1: any answer but "never" is positive, and each sex is asked its own question on drinking."""

from typing import Any

import pytest

from fhir.content.compartments import Compartment, Source, place
from fhir.content.exact import Object
from fhir.content.questionnaires import Level, Score, score
from tests.fhir.questionnaires.forms import REFUSED, TAPS_1, Answer, form

NEVER, DAILY = "LA6270-8", "LA18934-2"
TOBACCO, FIVE, FOUR, DRUGS, PRESCRIPTIONS = "96842-0", "88037-7", "75889-6", "96843-8", "96844-6"
BASE: dict[str, Answer] = {TOBACCO: NEVER, FOUR: NEVER, DRUGS: NEVER, PRESCRIPTIONS: NEVER}


def scored(answers: dict[str, Any], sex: str = "unknown") -> Score:
    found = score(form(TAPS_1, answers), sex=sex)
    assert found is not None
    return found


def test_never_to_everything_is_negative_and_has_no_total() -> None:
    found = scored(BASE)
    assert (found.level, found.total, found.complete, found.findings) == (Level.NEGATIVE, None, True, ())


@pytest.mark.parametrize("answer", ["LA18933-4", "LA18876-5", "LA18891-4", DAILY])
@pytest.mark.parametrize(
    ("item", "substance"),
    [(TOBACCO, "tobacco"), (FOUR, "alcohol"), (DRUGS, "drugs"), (PRESCRIPTIONS, "prescriptions")],
)
def test_any_other_answer_is_positive_and_says_for_what(item: str, substance: str, answer: str) -> None:
    found = scored(BASE | {item: answer})
    assert (found.level, [each.code for each in found.findings]) == (Level.POSITIVE, [substance])


@pytest.mark.parametrize("item", BASE)
@pytest.mark.parametrize("silence", [None, REFUSED])
def test_one_missing_answer_makes_it_incomplete(item: str, silence: Answer) -> None:
    found = scored(BASE | {item: silence}, "female")
    assert (found.level, found.complete) == (Level.INCOMPLETE, False)
    assert found.missing + found.refused == (item,)


def test_a_missing_answer_hides_no_use() -> None:
    found = scored({TOBACCO: DAILY, FOUR: NEVER, DRUGS: NEVER})
    assert (found.level, [each.code for each in found.findings]) == (Level.INCOMPLETE, ["tobacco"])


# sex, the drinking questions answered "never", those that are still missing
ASKED: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    ("male", (FIVE,), ()),
    ("male", (FOUR,), (FIVE,)),
    ("female", (FOUR,), ()),
    ("female", (FIVE,), (FOUR,)),
    ("unknown", (FIVE,), ()),
    ("other", (FOUR,), ()),
    ("unknown", (), (FIVE, FOUR)),
]


@pytest.mark.parametrize(("sex", "answered", "missing"), ASKED)
def test_each_sex_is_asked_its_own_question_on_drinking(
    sex: str, answered: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    answers = {TOBACCO: NEVER, DRUGS: NEVER, PRESCRIPTIONS: NEVER} | dict.fromkeys(answered, NEVER)
    assert scored(answers, sex).missing == missing


def test_drinking_is_one_finding_even_if_both_questions_say_so() -> None:
    assert [each.code for each in scored(BASE | {FIVE: DAILY, FOUR: DAILY}).findings] == ["alcohol"]


def test_it_is_sealed_with_substance_use() -> None:
    response: Object = form(TAPS_1, BASE)
    assert place(response, source=Source(sworn=False, part2=True)) is Compartment.SUD
