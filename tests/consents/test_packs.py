"""The state packs: what each says, where each value comes from, and that nothing half-read gets by."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from referrals.consents.forms import COMMON, PAPERS
from referrals.packs import packs
from referrals.packs.packs import Care, Hand, Mark, by_state, read

STATES = ["MA", "IL"]
FILE = (packs.FOLDER / "ma.json").read_text("utf-8")
SUD, MENTAL = Care.SUBSTANCE_USE, Care.MENTAL_HEALTH


def test_massachusetts_is_the_default_and_illinois_the_second() -> None:
    assert packs.DEFAULT == "MA"
    assert {path.stem.upper() for path in packs.FOLDER.glob("*.json")} == set(STATES)


@pytest.mark.parametrize("state", ["", "ma", "NY", "../MA", "MA "])
def test_an_unknown_state_raises(state: str) -> None:
    with pytest.raises(KeyError):
        by_state(state)


# State, and what it asks: a dated end, a witness, names, writing, and whether HIPAA alone lets treatment go.
@pytest.mark.parametrize(
    ("state", "dated", "undated_day", "witness", "classes", "written", "hipaa"),
    [("MA", False, False, False, True, False, False), ("IL", True, True, True, False, True, False)],
)
def test_what_each_state_asks_of_a_consent(
    state: str, dated: bool, undated_day: bool, witness: bool, classes: bool, written: bool, hipaa: bool
) -> None:
    pack = by_state(state)
    assert (pack.dated_only, pack.undated_day, pack.witness) == (dated, undated_day, witness)
    assert (pack.classes, pack.written_only, pack.hipaa_treatment) == (classes, written, hipaa)


CLIENT, PARENT = {Hand.CLIENT}, {Hand.PARENT}
AGES = [
    ("MA", SUD, 0, CLIENT | PARENT),
    ("MA", SUD, 11, CLIENT | PARENT),
    ("MA", SUD, 15, CLIENT | PARENT),
    ("MA", SUD, 16, CLIENT),
    ("MA", SUD, 17, CLIENT),
    ("MA", SUD, 18, CLIENT),
    ("MA", MENTAL, 11, PARENT),
    ("MA", MENTAL, 12, CLIENT | PARENT),
    ("MA", MENTAL, 15, CLIENT | PARENT),
    ("MA", MENTAL, 16, CLIENT),
    ("MA", MENTAL, 99, CLIENT),
    ("IL", SUD, 11, CLIENT | PARENT),
    ("IL", SUD, 12, CLIENT),
    ("IL", MENTAL, 11, PARENT),
    ("IL", MENTAL, 12, CLIENT),
    ("IL", MENTAL, 18, CLIENT),
]


@pytest.mark.parametrize(("state", "care", "age", "hands"), AGES)
def test_who_signs_at_which_age(state: str, care: Care, age: int, hands: set[Hand]) -> None:
    assert by_state(state).signers(care, age) == hands


@pytest.mark.parametrize(
    ("state", "care", "age", "finding", "hands"),
    [
        ("MA", SUD, 12, "two_physicians", CLIENT),
        ("MA", SUD, 11, "two_physicians", CLIENT | PARENT),
        ("MA", MENTAL, 12, "two_physicians", CLIENT | PARENT),
        ("MA", SUD, 12, "one_physician", CLIENT | PARENT),
        ("MA", SUD, 11, "", CLIENT | PARENT),
    ],
)
def test_what_was_found_may_let_a_minor_sign_alone(
    state: str, care: Care, age: int, finding: str, hands: set[Hand]
) -> None:
    assert by_state(state).signers(care, age, [finding]) == hands


@pytest.mark.parametrize("state", STATES)
def test_a_length_stands_for_every_paper_and_no_default_passes_it(state: str) -> None:
    lengths = by_state(state).lengths
    assert lengths.keys() == {paper.slug for paper in PAPERS}
    assert all(each.default_days <= (each.longest_days or each.default_days) for each in lengths.values())
    assert lengths["police-outcome"].default_days == 90


@pytest.mark.parametrize("state", STATES)
def test_what_a_state_wants_stated_is_something_papers_state(state: str) -> None:
    assert by_state(state).statements <= COMMON


@pytest.mark.parametrize("state", STATES)
def test_every_value_says_where_it_comes_from(state: str) -> None:
    pack = by_state(state)
    rows = [*pack.sources.values(), *(each.source for each in (*pack.lengths.values(), *pack.minors))]
    assert pack.sources.keys() == {*packs._BOOLEANS, "statements", "adult_from"}
    assert all(row.mark in Mark and row.text for row in rows)


def broken(change: Callable[[Any], object]) -> str:
    file = json.loads(FILE)
    change(file)
    return json.dumps(file)


def test_the_file_as_it_is_is_a_pack() -> None:
    assert read(broken(lambda file: None)) == by_state("MA")


BROKEN = {
    "no state": lambda file: file.pop("state"),
    "a value gone": lambda file: file["values"].pop("witness"),
    "a value nobody knows": lambda file: file["values"].update(mood={"value": True, "mark": "V", "source": "x"}),
    "a field nobody knows": lambda file: file.update(more=1),
    "a word for yes": lambda file: file["values"]["witness"].update(value="yes"),
    "a number for yes": lambda file: file["values"]["witness"].update(value=1),
    "no mark": lambda file: file["values"]["witness"].pop("mark"),
    "another mark": lambda file: file["values"]["witness"].update(mark="X"),
    "no source": lambda file: file["minors"][0].pop("source"),
    "no source of the age": lambda file: file["adult_from"].pop("source"),
    "an age below nought": lambda file: file["minors"][1].update(from_age=-1),
    "an age in words": lambda file: file["adult_from"].update(value="18"),
    "yes for an age": lambda file: file["adult_from"].update(value=True),
    "half a day": lambda file: file["lengths"]["named"].update(default_days=0.5),
    "no rule from birth on": lambda file: file["minors"].pop(0),
    "nobody signs": lambda file: file["minors"][0].update(signers=[]),
    "a hand nobody knows": lambda file: file["minors"][0].update(signers=["teacher"]),
    "a care nobody knows": lambda file: file["minors"][0].update(care="dental"),
    "a rule with more": lambda file: file["minors"][0].update(unless="asked"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_file_with_a_fault_is_no_pack(change: Callable[[Any], object]) -> None:
    with pytest.raises(ValueError, match=r"^not a state pack"):
        read(broken(change))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '"MA"'])
def test_anything_else_is_no_pack(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a state pack"):
        read(text)
