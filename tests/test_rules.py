"""docs/rules.md is held to what it names: every rule is on it, every place in the code is there, every test runs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import chain

import pytest

from tests.databases import ROOT

PAGE = (ROOT / "docs" / "rules.md").read_text("utf-8")
ROW = re.compile(
    r"^\| ((?:R-[A-Z0-9]+-|[A-Z]{2}-)[0-9]+(?:\([0-9a-z]+\))*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE
)
NAMED = re.compile(r"`([a-z][\w/.-]*\.(?:py|json))(?:::(\w+))?`")
NOT_YET = "not yet"

# By hand: how many rules each chapter of the law has here, and the controls of CJIS by their numbers.
NUMBERED = {"P2": 21, "H": 6, "S": 10, "IB": 1, "CJ": 1, "F": 1, "ST": 1, "MIN": 2, "WARN": 1, "MAND": 1, "BR": 1}
CONTROLS = """
IA-2 AC-2(3) AC-2(h) AC-2(13) AC-6(9) AC-7 AC-8 AC-11 AC-21 AU-2 AU-3 AU-5 AU-6 AU-8 AU-9 AU-11 IR-6 SC-10 SC-12 SC-13
SC-28
"""
ROWS = {id_: (code, held) for id_, _rule, code, held in ROW.findall(PAGE)}


def named(cells: Iterable[str]) -> set[tuple[str, str]]:
    """Every file that cells name, with the name inside it, "" for the whole."""
    return {found for cell in cells for found in NAMED.findall(cell)}


CODE = sorted(named(code for code, _held in ROWS.values()))
TESTS = sorted(named(held for _code, held in ROWS.values()))


def test_every_rule_is_on_the_page_once() -> None:
    rules = {f"R-{chapter}-{number:02}" for chapter, last in NUMBERED.items() for number in range(1, last + 1)}
    assert set(ROWS) == rules | set(CONTROLS.split())
    assert len(ROW.findall(PAGE)) == len(ROWS)
    assert len(re.findall(r"^\| (?!id |---)", PAGE, re.MULTILINE)) == len(ROWS)


@pytest.mark.parametrize("id_", ROWS)
def test_a_rule_has_code_and_a_test_or_says_what_is_missing(id_: str) -> None:
    code, held = ROWS[id_]
    for cell in (code, held):
        assert named([cell]) or cell.startswith(NOT_YET)
    if NOT_YET in code + held:
        assert re.search(rf"{NOT_YET}: \w+", code + held)


@pytest.mark.parametrize(("path", "name"), CODE)
def test_every_place_in_the_code_exists(path: str, name: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    assert not path.startswith("tests/")
    assert not name or re.search(rf"^\s*(?:(?:async )?def|class) {name}\b|^\s*{name}\b[^=(]*=", text, re.MULTILINE)


def test_every_test_is_named_whole_and_is_collected() -> None:
    files = sorted({path for path, _name in TESTS})
    assert all(path.startswith("tests/") and name.startswith("test_") for path, name in TESTS)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("BHU_", "PYTEST_"))}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", *files]
    done = subprocess.run(command, cwd=ROOT, env=ours, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    collected = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert [f"{path}::{name}" for path, name in TESTS if f"{path}::{name}" not in collected] == []


def test_what_is_not_there_is_noticed() -> None:
    assert named(["`tests/x/test_y.py::test_z`<br>not yet: pages"]) == {("tests/x/test_y.py", "test_z")}
    assert named(["not yet: pages"]) == set()
    assert set(chain.from_iterable(TESTS)).isdisjoint({"", "test_z"})
