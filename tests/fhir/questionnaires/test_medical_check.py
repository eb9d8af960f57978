"""The officer's medical check: what is red, what is amber, and that unknown is not a no."""

from typing import Any

import pytest

from fhir.content.questionnaires import QUESTIONNAIRES, Level, Score, clears, escalates, score
from fhir.content.questionnaires.medical_check import FLAGS, Colour, Flag, medical_check
from fhir.content.questionnaires.scoring import scored as scored_by
from tests.fhir.questionnaires.forms import MEDICAL_CHECK, NO, REFUSED, UNKNOWN, YES, Answer, form
from tests.fhir.samples import resource

# The list agreed on, written a second time.
RED = [
    "not-waking",
    "breathing",
    "chest-pain",
    "seizure",
    "head-injury",
    "hot-agitated",
    "bleeding",
    "swallowed",
    "pregnant-bleeding",
    "withdrawal",
    "vomiting-fainting",
    "insulin-confused",
    "stiff-neck",
]
AMBER = ["daily-use", "pregnant-opioids", "infected-wound", "no-medicine"]
ALL_NO: dict[str, Answer] = dict.fromkeys(RED + AMBER, NO)


def checked(**answers: Any) -> Any:
    return form(MEDICAL_CHECK, ALL_NO | {name.replace("_", "-"): answer for name, answer in answers.items()})


def scored(response: Any) -> Score:
    found = score(response)
    assert found is not None
    return found


def test_the_table_holds_the_flags_agreed_on() -> None:
    assert [flag.code for flag in FLAGS if flag.colour is Colour.RED] == RED
    assert [flag.code for flag in FLAGS if flag.colour is Colour.AMBER] == AMBER


def test_no_to_everything_is_clear() -> None:
    found = scored(checked())
    assert (found.level, found.findings, found.complete, found.total) == (Level.CLEAR, (), True, None)
    assert (escalates(checked()), clears(checked())) == (False, True)


@pytest.mark.parametrize("flag", RED)
def test_any_red_flag_escalates(flag: str) -> None:
    response = form(MEDICAL_CHECK, ALL_NO | {flag: YES})
    found = scored(response)
    assert (found.level, [each.code for each in found.findings]) == (Level.RED, [flag])
    assert (escalates(response), clears(response)) == (True, False)
    assert found.advice[0].startswith("Call 911 or EMS now")


@pytest.mark.parametrize("flag", RED)
def test_a_red_flag_alone_on_the_form_escalates(flag: str) -> None:
    response = form(MEDICAL_CHECK, {flag: YES})
    assert (escalates(response), scored(response).complete) == (True, False)


@pytest.mark.parametrize("flag", AMBER)
def test_an_amber_flag_goes_to_the_coordinator(flag: str) -> None:
    response = form(MEDICAL_CHECK, ALL_NO | {flag: YES})
    assert (scored(response).level, escalates(response), clears(response)) == (Level.AMBER, False, True)
    assert "Tell the coordinator" in scored(response).advice[0]


@pytest.mark.parametrize("flag", RED)
@pytest.mark.parametrize("silence", [UNKNOWN, None, REFUSED], ids=["unknown", "open", "refused"])
def test_unknown_or_silence_on_a_red_flag_is_not_a_no(flag: str, silence: Answer) -> None:
    response = form(MEDICAL_CHECK, ALL_NO | {flag: silence})
    found = scored(response)
    assert (found.level, found.complete) == (Level.INCOMPLETE, False)
    assert found.unknown + found.missing + found.refused == (flag,)
    assert (escalates(response), clears(response)) == (False, False)
    assert "unknown is not a no" in found.advice[0] or "not a no and not a zero" in found.advice[0]


@pytest.mark.parametrize("flag", AMBER)
def test_unknown_on_an_amber_flag_goes_to_the_coordinator(flag: str) -> None:
    response = form(MEDICAL_CHECK, ALL_NO | {flag: UNKNOWN})
    found = scored(response)
    assert (found.level, found.unknown, found.findings) == (Level.AMBER, (flag,), ())
    assert clears(response)


@pytest.mark.parametrize("flag", AMBER)
def test_silence_on_an_amber_flag_is_incomplete(flag: str) -> None:
    found = scored(form(MEDICAL_CHECK, ALL_NO | {flag: None}))
    assert (found.level, found.missing) == (Level.INCOMPLETE, (flag,))


def test_unknown_elsewhere_hides_no_red_flag() -> None:
    found = scored(checked(chest_pain=UNKNOWN, seizure=YES, daily_use=YES))
    assert (found.level, [each.code for each in found.findings]) == (Level.RED, ["seizure", "daily-use"])


def test_an_amber_flag_is_named_even_when_a_red_one_has_no_answer() -> None:
    found = scored(checked(chest_pain=UNKNOWN, daily_use=YES))
    assert (found.level, [each.code for each in found.findings]) == (Level.INCOMPLETE, ["daily-use"])
    assert any("Tell the coordinator" in each for each in found.advice)


def test_first_aid_is_said_with_the_flag_it_is_for() -> None:
    assert "Give naloxone and rescue breaths." in scored(checked(breathing=YES)).advice
    assert "Give naloxone and rescue breaths." not in scored(checked(seizure=YES)).advice


def test_naloxone_and_the_ems_number_change_no_level() -> None:
    more: dict[str, Answer] = {
        "ems-case": {"valueString": "E-1"},
        "naloxone-doses": {"valueInteger": 2},
        "naloxone-response": YES,
    }
    assert scored(form(MEDICAL_CHECK, ALL_NO | more)).level is Level.CLEAR


def test_what_is_no_medical_check_neither_escalates_nor_clears() -> None:
    others = (
        form("http://loinc.org/q/93373-9", {"chest-pain": YES}),
        form("https://example.org/Questionnaire/medical-check", {"chest-pain": YES}),
        form(MEDICAL_CHECK, ALL_NO | {"seizure": YES}, status="entered-in-error"),
        resource("Observation"),
    )
    assert [(escalates(each), clears(each)) for each in others] == [(False, False)] * 4


def test_it_is_a_draft_until_the_ems_director_has_approved_it() -> None:
    made = QUESTIONNAIRES[MEDICAL_CHECK]
    assert made["status"] == "draft"
    assert "Not a diagnosis" in str(made["purpose"])


def test_another_table_of_flags_is_asked_and_scored_by_itself() -> None:
    own = medical_check([Flag("snake-bite", Colour.RED, "Bitten by a snake", "Mordedura de serpiente")])
    found = [scored_by(form(MEDICAL_CHECK, {"snake-bite": answer, "chest-pain": YES}), own) for answer in (YES, NO)]
    assert [each and each.level for each in found] == [Level.RED, Level.CLEAR]
