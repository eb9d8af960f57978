"""The command runs the page in a throw-away copy, leaves nothing behind, and fails when anything differs."""

import json
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agencies.models import Agency
from audit.models import AuditEvent
from referrals.models import Referral
from tests.databases import ROOT

pytestmark = pytest.mark.usefixtures("own_database")
TEXT = (ROOT / "tests" / "leaks" / "matrix.toml").read_text("utf-8")


def short_page(folder: Path, **changes: str) -> str:
    """The page with one seat, tried at the list alone, and one attempt to share."""
    seats = re.split(r"(?=\n\[\[(?:seat|share)\]\])", TEXT)
    seat = next(part for part in seats if 'name = "BHU, asked by police"' in part)
    share = next(part for part in seats if 'who = "police/officer"' in part)
    text = seats[0] + share + seat.replace('world = "sent"', 'world = "sent"\ndoors = ["list", "whole"]')
    for written, slip in changes.items():
        text = text.replace(written, slip)
    path = folder / "page.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_it_counts_the_cells_and_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("leak_matrix", "--json", "--page", short_page(tmp_path))
    # The BHU's 13 roles: list, seven parts, what was unsealed, who was named; 8 grounds with seven parts; beginnings of
    # the police unit's 9 roles and the BHU's 13; 17 roles in each of ten agencies.
    assert json.loads(capsys.readouterr().out) == {"cells": 13 * 10 + 8 * 7 + 9 + 13 + 10 * 17, "differing": []}
    assert not Agency.objects.exists()
    assert not Referral.objects.exists()
    assert not AuditEvent.objects.exists()


def test_it_fails_when_anything_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = short_page(tmp_path, **{"waiting for your answer": "received"})
    with pytest.raises(SystemExit) as ended:
        call_command("leak_matrix", "--page", page)
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "BHU, asked by police, coach: list R: listed: waiting for your answer and not listed: received" in out
    assert out.endswith("378 cells, 5 differing\n")  # the five roles that list what their agency has


def test_a_page_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="page of rules"):
        call_command("leak_matrix", "--page", short_page(tmp_path, **{'medical = ["clinician"': 'medical = ["doctor"'}))
    with pytest.raises(CommandError, match="page of rules"):
        call_command("leak_matrix", "--page", str(tmp_path / "none.toml"))
