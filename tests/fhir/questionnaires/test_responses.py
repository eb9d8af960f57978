"""Responses and Observations that we make are valid, keep to the form, and say what was answered."""

import json
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir.content.compartments import Compartment, Source, place
from fhir.content.exact import dump
from fhir.content.issues import Invalid
from fhir.content.questionnaires import (
    INSTRUMENTS,
    QUESTIONNAIRES,
    Level,
    Score,
    Silence,
    escalates,
    observation,
    response,
    score,
)
from fhir.content.screens import risk
from fhir.content.validate import check
from tests.fhir.questionnaires.forms import (
    ABSENT,
    AUDIT_C,
    C_SSRS,
    DAYS,
    MEDICAL_CHECK,
    NO,
    PHQ_2,
    PHQ_9,
    REASON,
    TAPS_1,
    YES,
)
from tests.fhir.samples import LOINC

ID, PATIENT, RESPONSE = (UUID(int=number) for number in (1, 2, 3))
NOW = "2026-11-22T10:00:00-05:00"
LEVELS = "https://bhu.example.org/fhir/CodeSystem/screen-level"


def made(address: str, answers: dict[str, Any], **more: Any) -> Any:
    tree = response(address, answers, id_=ID, patient_id=PATIENT, authored=NOW, **more)
    check(tree)
    get_fhir_model_class("QuestionnaireResponse").model_validate(json.loads(dump(tree)))
    keeps_to_the_form(tree, address)
    return json.loads(dump(tree))


def keeps_to_the_form(tree: Any, address: str) -> None:
    """Each item is a question of the form, in its order, and each coded answer one of its options."""
    form: Any = QUESTIONNAIRES[address]
    questions = {item["linkId"]: item for item in form["item"] if item["type"] != "display"}
    links = [item["linkId"] for item in tree.get("item", [])]
    assert links == [link for link in questions if link in links]
    for item in tree.get("item", []):
        options = [each["valueCoding"] for each in questions[item["linkId"]].get("answerOption", [])]
        (answer,) = item["answer"]
        if "valueCoding" in answer:
            coding = answer["valueCoding"]
            assert (coding["system"], coding["code"]) in [(each["system"], each["code"]) for each in options]
        assert len(answer) == 1


def seen(address: str, answers: dict[str, Any], sex: str = "unknown", **more: Any) -> tuple[Score, Any]:
    """A response's score and the Observation of it."""
    found = score(response(address, answers, id_=RESPONSE, patient_id=PATIENT, authored=NOW, sex=sex), sex=sex)
    assert found is not None
    tree = observation(found, id_=ID, patient_id=PATIENT, response_id=RESPONSE, effective=NOW, **more)
    check(tree)
    get_fhir_model_class("Observation").model_validate(json.loads(dump(tree)))
    return found, json.loads(dump(tree))


def everything(address: str, pick: int) -> dict[str, Any]:
    return {item.code: item.options[pick].code for item in INSTRUMENTS[address].questions if item.options}


LOW_RISK = {"93246-7": True, "93247-5": False, "93267-3": False}


def test_plain_answers_become_a_response() -> None:
    tree = made(C_SSRS, LOW_RISK, author="PractitionerRole/r1", source=f"Patient/{PATIENT}")
    first = tree.pop("item")[0]
    assert tree == {
        "resourceType": "QuestionnaireResponse",
        "id": str(ID),
        "language": "en",
        "questionnaire": C_SSRS,
        "status": "completed",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "authored": NOW,
        "author": {"reference": "PractitionerRole/r1"},
        "source": {"reference": f"Patient/{PATIENT}"},
    }
    assert first == {
        "linkId": "/93246-7",
        "text": "Have you wished you were dead or wished you could go to sleep and not wake up?",
        "answer": [{"valueCoding": {"system": LOINC, "code": YES, "display": "Yes"}}],
    }


@pytest.mark.parametrize("address", QUESTIONNAIRES)
@pytest.mark.parametrize("pick", [0, -1])
def test_every_instrument_can_be_filled_in(address: str, pick: int) -> None:
    assert made(address, everything(address, pick))["status"] == "completed"


def test_keys_may_be_link_ids_and_answers_codes() -> None:
    assert made(C_SSRS, {f"/{code}": YES if yes else NO for code, yes in LOW_RISK.items()}) == made(C_SSRS, LOW_RISK)


def test_the_words_are_those_of_the_language_spoken() -> None:
    tree = made(PHQ_2, {"44250-9": DAYS[1]}, language="es")
    assert (tree["language"], tree["item"][0]["text"]) == ("es", "Poco interés o placer en hacer cosas")
    assert tree["item"][0]["answer"][0]["valueCoding"]["display"] == "Varios días"
    # There is no Spanish of ours for the C-SSRS.
    assert made(C_SSRS, LOW_RISK, language="es")["item"][1]["text"].startswith("Have you actually")


@pytest.mark.parametrize("refusal", [Silence.REFUSED, "asked-declined"])
def test_a_refusal_is_written_down_and_read_again(refusal: Any) -> None:
    tree = made(C_SSRS, LOW_RISK | {"93267-3": refusal})
    assert tree["item"][-1]["answer"] == [{"extension": [{"url": REASON, "valueCode": "asked-declined"}]}]
    assert tree["status"] == "completed"
    found = score(tree)
    assert found is not None
    assert (found.level, found.refused, found.missing) == (Level.INCOMPLETE, ("93267-3",), ())


@pytest.mark.parametrize("unknown", [Silence.UNKNOWN, "unknown"])
def test_unknown_is_an_answer_of_the_medical_check(unknown: Any) -> None:
    tree = made(MEDICAL_CHECK, everything(MEDICAL_CHECK, 1) | {"seizure": unknown})
    answers = {item["linkId"]: item["answer"][0] for item in tree["item"]}
    assert answers["/seizure"] == {"valueCoding": {"system": ABSENT, "code": "unknown", "display": "Unknown"}}
    found = score(tree)
    assert found is not None
    assert (tree["status"], found.level, found.unknown) == ("completed", Level.INCOMPLETE, ("seizure",))


def test_what_is_open_is_left_out_and_the_response_is_in_progress() -> None:
    tree = made(C_SSRS, {"93246-7": True, "93247-5": Silence.OPEN})
    assert ([item["linkId"] for item in tree["item"]], tree["status"]) == (["/93246-7"], "in-progress")
    assert made(C_SSRS, {})["status"] == "in-progress"
    assert "item" not in made(C_SSRS, {})
    assert made(C_SSRS, {}, status="stopped")["status"] == "stopped"


def test_an_answer_that_another_switches_off_is_left_out() -> None:
    tree = made(AUDIT_C, {"68518-0": "LA6270-8", "68519-8": "LA18932-6", "68520-6": "LA18934-2"})
    assert [item["linkId"] for item in tree["item"]] == ["/68518-0"]
    assert tree["status"] == "completed"
    struck = made(C_SSRS, LOW_RISK | {"93249-1": True, "93269-9": True})
    assert [item["linkId"] for item in struck["item"]] == ["/93246-7", "/93247-5", "/93267-3"]


@pytest.mark.parametrize("two", [Silence.OPEN, Silence.REFUSED])
def test_a_grave_answer_is_kept_while_the_question_before_it_is_silent(two: Silence) -> None:
    found = score(made(C_SSRS, {"93247-5": two, "93249-1": True}))
    assert found is not None
    assert (found.level, found.complete) == (Level.HIGH, False)


def test_numbers_and_texts_are_kept_as_they_are() -> None:
    record = {"ems-case": "E-2026-1", "naloxone-doses": 2, "naloxone-response": True}
    tree = made(MEDICAL_CHECK, everything(MEDICAL_CHECK, 1) | record)
    answers = {item["linkId"]: item["answer"][0] for item in tree["item"]}
    assert answers["/ems-case"] == {"valueString": "E-2026-1"}
    assert answers["/naloxone-doses"] == {"valueInteger": 2}
    assert answers["/naloxone-response"]["valueCoding"]["code"] == YES
    without = made(MEDICAL_CHECK, everything(MEDICAL_CHECK, 1) | record | {"naloxone-doses": 0})
    assert "/naloxone-response" not in [item["linkId"] for item in without["item"]]


BAD: list[tuple[str, str, Any]] = [
    (C_SSRS, "93246-7", "LA6568-5"),
    (C_SSRS, "93246-7", "yes"),
    (C_SSRS, "93246-7", 1),
    (C_SSRS, "93246-7", Silence.UNKNOWN),
    (PHQ_9, "44260-8", True),
    (PHQ_9, "44260-8", 3),
    (MEDICAL_CHECK, "naloxone-doses", -1),
    (MEDICAL_CHECK, "naloxone-doses", True),
    (MEDICAL_CHECK, "naloxone-doses", "2"),
    (MEDICAL_CHECK, "naloxone-doses", 10**9),
    (MEDICAL_CHECK, "ems-case", " "),
    (MEDICAL_CHECK, "ems-case", 5),
]


@pytest.mark.parametrize(("address", "code", "answer"), BAD)
def test_an_answer_that_the_form_does_not_have_is_refused(address: str, code: str, answer: Any) -> None:
    with pytest.raises(Invalid) as refused:
        made(address, {code: answer})
    (issue,) = refused.value.issues
    assert issue.expression == f"QuestionnaireResponse.item.where(linkId='/{code}').answer"
    assert str(answer) not in issue.text.split()


@pytest.mark.parametrize("name", ["44260-8", "Jane Roe", "past-month"])
def test_a_question_that_the_form_does_not_have_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        made(C_SSRS, {name: True, "93246-7": "maybe"})
    assert [issue.code for issue in refused.value.issues] == ["not-found", "code-invalid"]
    assert name not in str(refused.value)


def test_a_form_that_is_not_ours_is_refused() -> None:
    with pytest.raises(KeyError):
        made("http://loinc.org/q/82666-9", {})


# Observations


def test_a_total_becomes_a_survey_observation() -> None:
    _, tree = seen(PHQ_9, everything(PHQ_9, 1), performer="PractitionerRole/r1")
    component = tree.pop("component")
    assert tree == {
        "resourceType": "Observation",
        "id": str(ID),
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "survey",
                        "display": "Survey",
                    }
                ]
            }
        ],
        "code": {"coding": [{"system": LOINC, "code": "44261-6"}], "text": "PHQ-9 total score"},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "effectiveDateTime": NOW,
        "performer": [{"reference": "PractitionerRole/r1"}],
        "valueQuantity": {
            "value": 9,
            "unit": "{score}",
            "system": "http://unitsofmeasure.org",
            "code": "{score}",
        },
        "interpretation": [{"coding": [{"system": LEVELS, "code": "mild", "display": "mild"}]}],
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{RESPONSE}"}],
    }
    assert component[0]["code"]["coding"][0]["code"] == "self-harm"
    assert component[0]["valueBoolean"] is True


RISKS: list[tuple[dict[str, Any], str, list[tuple[str, str]]]] = [
    (LOW_RISK | {"93246-7": False}, "none", [(LEVELS, "none")]),
    (LOW_RISK, "low", [(LOINC, "LA9194-7"), (LEVELS, "low")]),
    (LOW_RISK | {"93267-3": True, "93269-9": False}, "moderate", [(LOINC, "LA6751-7"), (LEVELS, "moderate")]),
    (LOW_RISK | {"93267-3": True, "93269-9": True}, "high", [(LOINC, "LA9193-9"), (LEVELS, "high")]),
]


@pytest.mark.parametrize(("answers", "level", "codings"), RISKS)
def test_a_suicide_risk_becomes_a_coded_level_that_is_read_again(
    answers: dict[str, Any], level: str, codings: list[tuple[str, str]]
) -> None:
    _, tree = seen(C_SSRS, answers)
    assert tree["code"]["coding"] == [{"system": LOINC, "code": "93374-7"}]
    assert [(each["system"], each["code"]) for each in tree["valueCodeableConcept"]["coding"]] == codings
    assert tree["status"] == "final"
    assert risk([tree]) == level


@pytest.mark.parametrize(
    ("address", "answers", "reason"),
    [
        (C_SSRS, {"93246-7": True}, "unknown"),
        (C_SSRS, LOW_RISK | {"93267-3": Silence.REFUSED}, "asked-declined"),
        (PHQ_9, {}, "unknown"),
        (AUDIT_C, {"68518-0": Silence.REFUSED}, "asked-declined"),
        (TAPS_1, {"96842-0": "LA18934-2"}, "unknown"),
    ],
)
def test_an_incomplete_screen_has_no_value_and_says_so(address: str, answers: dict[str, Any], reason: str) -> None:
    _, tree = seen(address, answers)
    assert not [name for name in tree if name.startswith("value")]
    assert tree["dataAbsentReason"]["coding"][0]["code"] == reason
    assert tree["interpretation"][0]["coding"][0]["code"] == "incomplete"
    assert tree["status"] == "preliminary"


def test_an_incomplete_suicide_screen_is_read_again_as_incomplete() -> None:
    _, tree = seen(C_SSRS, {"93246-7": True})
    assert risk([tree]) == "incomplete"


def test_a_high_risk_with_open_questions_is_high_and_preliminary() -> None:
    _, tree = seen(C_SSRS, {"93249-1": True})
    assert (tree["status"], risk([tree])) == ("preliminary", "high")


def test_the_result_of_the_audit_c_is_its_own_total() -> None:
    answers = {"68518-0": "LA18928-4", "68519-8": "LA15694-5", "68520-6": "LA6270-8"}
    found, tree = seen(AUDIT_C, answers, sex="male")
    assert tree["code"]["coding"][0]["code"] == "75626-2"
    assert (found.total, tree["interpretation"][0]["coding"][0]["code"]) == (3, "negative")
    assert seen(AUDIT_C, answers)[1]["interpretation"][0]["coding"][0]["code"] == "positive"


def test_red_flags_are_components_and_no_answer_else_is() -> None:
    answers = everything(MEDICAL_CHECK, 1) | {"seizure": True, "daily-use": True}
    _, tree = seen(MEDICAL_CHECK, answers)
    assert tree["valueCodeableConcept"]["coding"] == [{"system": LEVELS, "code": "red", "display": "red flag"}]
    assert [each["code"]["coding"][0]["code"] for each in tree["component"]] == ["seizure", "daily-use"]
    assert escalates(response(MEDICAL_CHECK, answers, id_=ID, patient_id=PATIENT, authored=NOW))


@pytest.mark.parametrize("address", QUESTIONNAIRES)
def test_every_observation_is_kept_with_the_screens(address: str) -> None:
    _, tree = seen(address, everything(address, 0))
    assert place(tree, source=Source(sworn=True, part2=False)) is Compartment.CLINICAL
