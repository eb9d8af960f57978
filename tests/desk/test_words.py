"""The log is read in words: a privacy officer is not shown the names that programs have for what was done."""

import re

import pytest

from referrals.desk.words import SAID
from tests.databases import ROOT

LINES = [line for line in (ROOT / "docs" / "audit.md").read_text("utf-8").splitlines() if line.startswith("| `")]
ACTIONS = sorted({name for line in LINES for name in re.findall(r"`([a-z]+\.[a-z-]+)`", line.split("|")[1])})
SUBJECTS = ("referral", "coverage", "subscription", "review", "alert", "week", "desk", "incident", "complaint")


@pytest.mark.parametrize("subject", SUBJECTS)
def test_whatever_the_log_has_of_a_subject_has_words(subject: str) -> None:
    of_subject = [name for name in ACTIONS if name.partition(".")[0] == subject]
    assert of_subject
    assert [name for name in of_subject if not SAID.get(name)] == []
