"""docs/consent.md says what the papers and the packs say."""

import re
from pathlib import Path

import pytest

from referrals.consents.forms import PAPERS, Paper
from referrals.packs.packs import Care, Hand, by_state

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "consent.md").read_text("utf-8")
HANDS = {
    frozenset({Hand.CLIENT}): "the minor alone",
    frozenset({Hand.PARENT}): "a parent",
    frozenset(Hand): "both",
}
CARE = {Care.SUBSTANCE_USE: "substance use (`sud`)", Care.MENTAL_HEALTH: "everything else"}


def row(*cells: str) -> list[str]:
    """The cells of the row that begins with these."""
    start = "| " + " | ".join(cells) + " |"
    (found,) = (line for line in PAGE.splitlines() if line.startswith(start))
    return [cell.strip() for cell in found.strip("|").split("|")]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.slug)
def test_each_paper_is_told_with_its_purposes(paper: Paper) -> None:
    cells = row(f"`{paper.slug}`")
    assert set(re.findall(r"`(.*?)`", cells[3])) == paper.purposes
    told = set(re.findall(r"`(.*?)`", cells[2]))
    assert told in (set(paper.compartments), set())
    assert ("or not" in cells[4]) is ("none" in paper.events)


@pytest.mark.parametrize("state", ["MA", "IL"])
@pytest.mark.parametrize("care", Care)
def test_who_signs_is_told(state: str, care: Care) -> None:
    told = row(state, CARE[care])[2:]
    pack = by_state(state)
    for cell, ages in zip(told, (range(12), range(12, 16), range(16, 18)), strict=True):
        assert {HANDS[pack.signers(care, age)] for age in ages} == {cell.partition(";")[0]}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("only a calendar date ends it", "dated_only"),
        ("a witness signs", "witness"),
        ("recipients by class", "classes"),
    ],
)
def test_what_a_state_asks_is_told(words: str, name: str) -> None:
    assert row(words)[1:] == [{True: "yes", False: "no"}[getattr(by_state(state), name)] for state in ("MA", "IL")]
