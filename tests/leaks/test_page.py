"""The page of rules itself: a slip of the pen in it raises, and every rule of it is about something."""

import pytest

from bhu.leaks.cells import THINGS, Cell, found_in, sees
from bhu.leaks.doors import DOORS
from bhu.leaks.matrix import ANSWERS, Matrix
from bhu.leaks.page import read
from bhu.leaks.run import Finding, Report
from tests.databases import ROOT

TEXT = (ROOT / "tests" / "leaks" / "matrix.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("written", "slip"),
    [
        ("chief            -     -      NO_PURPOSE", "mayor            -     -      NO_PURPOSE"),
        ("chief            -     -      NO_PURPOSE\n", ""),
        ('medical = ["clinician", "intake"]', 'medical = ["clinician", "doctor"]'),
        ("role             request  contact  incident  clinical  sud     transport  outcome\nofficer          all",
         "role             request  cellar   incident  clinical  sud     transport  outcome\nofficer          all"),
        ("coordinator      all      all      facts", "coordinator      all      all      rumours"),
        ('facts = ["fact"]', 'facts = ["gossip"]'),
        ('world = "declined"', 'world = "dreamt"'),
        ('agency = "stranger"', 'agency = "friend"'),
        ('state = "none"', 'state = "nowhere"'),
        ('knows = ["police"]', 'knows = ["everybody"]'),
        ('door = ["preview"]', 'door = ["window"]'),
        ("qsoa_baa            any", "hearsay             any"),
        ('skip = ["write", "shell"]', 'skip = ["write", "ladder"]'),
    ],
)  # fmt: skip
def test_a_name_that_does_not_exist_raises(written: str, slip: str) -> None:
    assert written in TEXT
    with pytest.raises(ValueError, match=r"is not|every role"):
        read(TEXT.replace(written, slip))


def test_a_seat_with_an_unknown_field_raises() -> None:
    with pytest.raises(TypeError, match="unexpected"):
        read(TEXT.replace('relation = "withdrawn"', 'relationship = "withdrawn"'))


def test_a_rule_apart_is_about_a_seat_a_role_and_a_door_and_says_why(matrix: Matrix) -> None:
    for each in matrix.apart:
        assert each.why
        assert each.seat
        assert each.role
        assert each.door


def test_the_names_of_seats_are_their_own_and_every_door_has_an_answer(matrix: Matrix) -> None:
    names = [seat.name for seat in matrix.seats]
    assert len(names) == len(set(names))
    assert ANSWERS.keys() == DOORS.keys() | {"unsealed", "names"}


def test_every_thing_that_is_planted_is_held_by_somebody(matrix: Matrix) -> None:
    assert {thing for seat in matrix.seats for things in seat.holds.values() for thing in things} == set(THINGS)


def test_what_was_planted_is_found_wherever_it_is_written() -> None:
    assert found_in('{"family": "planted-name", "birthDate": "1931-03-07"}') == {"name", "birth"}
    assert sees({"birth", "name"}) == "sees name, birth"
    assert sees(()) == "nothing"


def test_a_cell_that_differs_is_told_with_both_answers() -> None:
    cell = Cell("part", "sud", "R")
    same, other = Finding("a", "coach", cell, "yes", "yes"), Finding("a", "coach", cell, "ROLE", "sees use")
    report = Report.of([same, other])
    assert report.as_json() == {
        "cells": 2,
        "differing": [
            {"seat": "a", "role": "coach", "door": "part", "part": "sud", "action": "R", "expected": "ROLE",
             "got": "sees use"}
        ],
    }  # fmt: skip
