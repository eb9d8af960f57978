"""What docs/legal-requests.md says is held to the tables."""

from datetime import timedelta
from pathlib import Path

import pytest

from referrals.legal.kinds import DUTIES, PAPERS, REPORTS, Paper, Report
from referrals.legal.management.commands.legal import JOBS
from referrals.policy.codes import DenyCode

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "legal-requests.md").read_text("utf-8")
ROWS = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line.startswith("| `")}


@pytest.mark.parametrize("job", JOBS)
def test_every_job_is_on_the_page(job):
    assert any(said in PAGE for said in (f"legal {job} ", f"legal {job}`", f"`{job}`", f"`{job} --"))


@pytest.mark.parametrize("paper", Paper)
def test_every_paper_has_its_row_with_its_ground(paper):
    (row,) = [line for first, line in ROWS.items() if f"`{paper}`" in first]
    basis = PAPERS[paper].basis
    assert row.split("|")[-2].strip() == (f"`{basis}`" if basis else "–")


@pytest.mark.parametrize("kind", Report)
def test_every_report_has_its_row_with_its_hours_and_what_it_may_say(kind):
    row = ROWS[f"`{kind}`"]
    for column, state in enumerate(("MA", "IL"), start=2):
        duty, said = DUTIES.get((kind, state)), row.split("|")[column].strip()
        if duty is None:
            assert said == "–"
            continue
        hours = int((duty.written or duty.call).total_seconds() // 3600)
        assert f"within {hours} h" in said
        assert ("call now" in said) == (duty.call == timedelta(0))
        assert said.split("(")[1].rstrip(")") in duty.source.text
    assert ("none of these" in row) is not REPORTS[kind].says_sud


def test_the_code_of_a_refused_release_is_named():
    assert f"`{DenyCode.LEGAL_PROCESS_INSUFFICIENT}`" in PAGE
