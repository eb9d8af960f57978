"""What is told on a form, as a Bundle: valid, exact, the same bytes for the same words, nothing made up."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from fhir.content import exact
from fhir.content.ask import anonymous_ask
from fhir.content.bundle import Contents, read
from fhir.content.compartments import Compartment, Source, place
from fhir.content.encounter import Author, Told, bundle
from fhir.content.facts import FACTS, Kind
from fhir.content.issues import Invalid
from fhir.content.questionnaires import score
from fhir.content.questionnaires.c_ssrs import C_SSRS, PLAN, THOUGHTS, WISH
from fhir.content.validate import check

KEY, AUTHORED = UUID(int=7), "2026-11-21T21:52:00-05:00"
AUTHOR = Author(reference=f"PractitionerRole/{UUID(int=8)}", words="Adair Ambergate, Officer, Alder Falls")
LEAST = Told(occurred="2026-11-21T21:10:00-05:00", priority="routine", service="135")
MUCH = replace(
    LEAST,
    priority="urgent",
    given="Wrenna",
    family="Castlemoor",
    alias="Wrenny",
    born="2007-03-14",
    gender="female",
    tongue="en",
    phone="555-0173",
    street="22 Tanner's Row, Apt 4",
    town="Alder Falls",
    case_number="26-0041877",
    narrative="She was on the back steps.\nShe would like somebody to call. “Tonight”",
    facts={"problem": ("suicidal", "mood"), "disposition": "left-with-family", "veteran": False, "minutes": 40},
    screens={C_SSRS.url: {WISH: "LA33-6", THOUGHTS: "LA33-6", PLAN: "LA33-6"}},
)


def made(told: Told) -> Contents:
    return read(bundle(told, author=AUTHOR, key=KEY, authored=AUTHORED), new_id=uuid4)


@pytest.mark.parametrize("told", [LEAST, MUCH], ids=["least", "much"])
def test_every_resource_is_valid(told: Told) -> None:
    for resource in made(told).resources:
        check(resource.tree)


def test_the_same_words_are_the_same_bytes_and_others_are_not() -> None:
    first = bundle(MUCH, author=AUTHOR, key=KEY, authored=AUTHORED)
    assert first == bundle(MUCH, author=AUTHOR, key=KEY, authored=AUTHORED)
    assert first != bundle(replace(MUCH, given="Wrenn"), author=AUTHOR, key=KEY, authored=AUTHORED)


def test_nothing_is_made_up_for_what_was_not_told() -> None:
    contents = made(LEAST)
    assert set(contents.patient.tree) == {"resourceType", "id"}
    (seen,) = contents.others
    assert seen.tree["effectiveDateTime"] == LEAST.occurred
    assert "component" not in seen.tree
    assert not {"note", "identifier"} & set(contents.service_request.tree)


def test_words_come_out_as_they_were_typed() -> None:
    (note,) = made(MUCH).service_request.tree["note"]
    assert note["text"] == MUCH.narrative
    assert made(MUCH).patient.tree["name"][0] == {"use": "usual", "family": "Castlemoor", "given": ["Wrenna"]}


def test_a_no_is_told_and_silence_is_not() -> None:
    (seen, _screen) = made(MUCH).others
    told = {each["code"]["coding"][0]["code"]: each for each in seen.tree["component"]}
    assert told["veteran"]["valueBoolean"] is False
    assert told["minutes"]["valueInteger"] == exact.Lexeme("40")
    assert "interpreter" not in told


def test_a_screen_scores_as_it_was_answered() -> None:
    (_seen, screen) = made(MUCH).others
    found = score(screen.tree)
    assert found is not None
    assert found.level == "high"
    assert screen.tree["author"]["display"] == AUTHOR.words


def test_every_fact_of_the_table_can_be_told() -> None:
    told: dict[str, Any] = {
        Kind.ONE: lambda fact: next(iter(fact.options)),
        Kind.SEVERAL: lambda fact: tuple(fact.options),
        Kind.FLAG: lambda _fact: True,
        Kind.COUNT: lambda _fact: 2,
        Kind.WORDS: lambda _fact: "words",
    }
    contents = made(replace(LEAST, facts={fact.code: told[fact.kind](fact) for fact in FACTS.values()}))
    found = {each["code"]["coding"][0]["code"] for row in contents.others for each in row.tree["component"]}
    assert found == set(FACTS)


@pytest.mark.parametrize("facts", [{"shoe-size": "9"}, {"force": "harsh"}, {"problem": ("suicidal", "bored")}])
def test_a_code_that_no_table_has_is_no_fact(facts: dict[str, Any]) -> None:
    with pytest.raises(KeyError):
        made(replace(LEAST, facts=facts))


def test_an_answer_that_its_question_does_not_have_is_refused() -> None:
    with pytest.raises(Invalid):
        made(replace(LEAST, screens={C_SSRS.url: {WISH: "maybe"}}))


def test_what_tells_of_substance_use_is_sealed_apart_by_a_helping_unit_and_is_an_officers_own_observation() -> None:
    facts = {"problem": ("mood",), "substance": ("overdose",), "naloxone": 1}
    rows = made(replace(LEAST, facts=facts)).others
    desk, police = Source(sworn=False, part2=True), Source(sworn=True, part2=False)
    assert [place(row.tree, source=desk) for row in rows] == [Compartment.CLINICAL, Compartment.SUD]
    assert {place(row.tree, source=police) for row in rows} == {Compartment.INCIDENT}


@pytest.mark.parametrize(
    ("born", "band", "codes"),
    [
        ("2007-03-14", "age-65-on", ["age-18-24"]),
        ("", "age-25-34", ["age-25-34"]),
        ("", "", []),
    ],
)
def test_the_ask_takes_a_guessed_age_where_no_date_of_birth_is_known(born: str, band: str, codes: list[str]) -> None:
    contents = made(replace(LEAST, born=born, facts={"age-band": band} if band else {}))
    ask = anonymous_ask(
        contents.service_request.tree,
        contents.patient.tree,
        [each.tree for each in contents.others],
        id_=uuid4(),
        patient_id=uuid4(),
        today=date(2026, 11, 22),
    )
    found = [each["code"] for concept in ask.get("orderDetail", []) for each in concept["coding"]]
    assert [code for code in found if code.startswith("age-")] == codes
