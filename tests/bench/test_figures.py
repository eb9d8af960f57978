"""The bench's own arithmetic: budgets judged the right way round, figures written as promised."""

import json

import pytest

from tests.bench import pages
from tests.bench.budgets import BUDGETS, PAGES, at_least, at_most
from tests.bench.clocks import percentile
from tests.bench.figures import Figure, as_json, spoken, table
from tests.bench.suites import SUITES


def test_a_limit_is_kept_by_reaching_it_and_missed_beyond_it():
    assert at_most(40).met(40)
    assert not at_most(40).met(40.1)
    assert at_least(120).met(120)
    assert not at_least(120).met(119.9)


def test_a_figure_with_a_budget_is_a_line_with_all_seven_fields():
    line = json.loads(as_json(Figure(name="gate: one decision", value=51.23456, unit="µs", n=7), database="SQLite"))
    assert line == {
        "name": "gate: one decision",
        "unit": "µs",
        "value": 51.235,
        "budget": 50,
        "ok": False,
        "n": 7,
        "database": "SQLite",
    }


def test_a_figure_without_a_budget_is_neither_kept_nor_missed():
    line = json.loads(as_json(Figure(name="sealing: anything", value=1.0, unit="µs", n=1), database="SQLite"))
    assert (line["budget"], line["ok"]) == (None, None)


def test_the_table_shows_a_missed_budget_and_its_limit():
    missed = json.loads(as_json(Figure(name="send: per app core", value=90, unit="/s", n=10), database="SQLite"))
    row = table([missed]).splitlines()[1]
    assert row.split() == ["send:", "per", "app", "core", "90", "/s", "≥", "120", "MISSED", "10", "SQLite"]


@pytest.mark.parametrize(("value", "words"), [(0.01234, "0.0123"), (99.94, "99.9"), (1234.6, "1,235")])
def test_numbers_are_written_for_people(value, words):
    assert spoken(value) == words


def test_a_percentile_lies_between_its_neighbours():
    assert percentile([float(number) for number in range(1, 101)], 95) == pytest.approx(95.05)


def test_every_kind_of_page_has_its_budget():
    assert set(pages.KINDS) == set(PAGES)


def test_every_budget_belongs_to_a_suite():
    assert {name.split(":")[0] for name in BUDGETS} <= SUITES.keys()
