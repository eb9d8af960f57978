"""The tables, against what was written by hand from the law pages."""

from datetime import UTC, datetime

import pytest

from agencies.roles import Role
from referrals.legal import kinds
from referrals.legal.kinds import DUTIES, FIELDS, LETTER, PAPERS, REPORTS, Need, Paper, Report, deadlines, missing
from referrals.policy.codes import DenyCode

# Per paper: its rule, and what a release would need, by hand.
BLOCKED = {
    "subpoena": ("R-P2-18", "order findings notice"),
    "search_warrant": ("R-P2-18", "order findings notice"),
    "court_order": ("R-P2-18", "findings compelling_paper notice"),
    "order_with_paper": ("R-P2-18", "findings notice"),
    "public_records": ("R-P2-18", "review"),
    "criminal_justice": ("R-P2-10", "consent duty"),
    "police_request": ("R-H-03", "process"),
}
# Kind and state: hours until the call and until the writing, by hand; "-" where the law sets none.
HOURS = {
    "child_abuse MA": ("0", "48"),
    "elder_abuse MA": ("0", "48"),
    "disabled_abuse MA": ("0", "48"),
    "child_abuse IL": ("0", "48"),
    "elder_abuse IL": ("24", "-"),
    "disabled_abuse IL": ("24", "-"),
}
FROM = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_every_paper_has_its_rule_and_its_needs():
    assert {paper: (rule.rule, " ".join(rule.needs)) for paper, rule in PAPERS.items()} == BLOCKED
    assert set(PAPERS) == set(Paper)


@pytest.mark.parametrize("paper", Paper)
def test_no_paper_opens_anything(paper):
    assert PAPERS[paper].opens == frozenset()
    assert PAPERS[paper].code is DenyCode.LEGAL_PROCESS_INSUFFICIENT


@pytest.mark.parametrize("paper", Paper)
def test_a_refusal_names_each_missing_thing_and_nothing_that_is_there(paper):
    first, *others = PAPERS[paper].needs
    assert missing(paper, [first]) == tuple(others)
    said = kinds.refusal(paper, [first])
    assert f"{first}=False" not in said
    assert all(f"{need}=False" in said for need in others)
    assert "release=False" in kinds.refusal(paper, Need)


def test_the_letter_is_plain_and_names_nobody():
    assert "neither confirm nor deny" in LETTER
    assert all(len(line) <= 90 for line in LETTER.splitlines())
    assert "{" not in LETTER
    assert "%" not in LETTER


@pytest.mark.parametrize(("named", "hours"), HOURS.items())
def test_the_hours_of_a_duty(named, hours):
    kind, state = named.split()
    due = deadlines(Report(kind), state, made_at=FROM)
    assert (hours_after(due.call_by), hours_after(due.written_by)) == hours


def hours_after(at):
    return "-" if at is None else f"{(at - FROM).total_seconds() / 3600:.0f}"


def test_no_other_duty_is_known():
    assert {f"{kind} {state}" for kind, state in DUTIES} == set(HOURS)
    assert deadlines(Report.CHILD, "NH", made_at=FROM) == kinds.Deadlines("", None, None)
    assert deadlines(Report.OTHER, "MA", made_at=FROM) == kinds.Deadlines("", None, None)


def test_every_deadline_has_its_law_and_says_how_sure_it_is():
    laws = {f"{kind} {state}": duty.source for (kind, state), duty in DUTIES.items()}
    assert {name: source.text.split(",")[0].split(" (")[0] for name, source in laws.items()} == {
        "child_abuse MA": "M.G.L. c.119 §51A",
        "elder_abuse MA": "M.G.L. c.19A §15",
        "disabled_abuse MA": "M.G.L. c.19C §10",
        "child_abuse IL": "325 ILCS 5/7",
        "elder_abuse IL": "320 ILCS 20/4",
        "disabled_abuse IL": "320 ILCS 20/4",
    }
    assert {source.mark for source in laws.values()} == {"V"}


def test_only_a_childs_report_and_one_of_a_crime_may_say_that_somebody_is_a_patient():
    told = {"substance_use", "treatment", "program", "pathway", "unit", "patient_status"}
    assert {kind: set(rule.fields) & told for kind, rule in REPORTS.items()} == {
        Report.CHILD: told - {"patient_status"},
        Report.ELDER: set(),
        Report.DISABLED: set(),
        Report.OTHER: set(),
        Report.PREMISES: {"patient_status"},
    }
    assert {kind for kind, rule in REPORTS.items() if rule.says_sud} == {Report.CHILD, Report.PREMISES}


def test_a_crime_on_the_premises_is_told_in_five_facts():
    assert REPORTS[Report.PREMISES].fields == ("circumstances", "patient_status", "name", "address", "whereabouts")


def test_every_field_has_words():
    assert {field for rule in REPORTS.values() for field in rule.fields} == set(FIELDS)
    assert all("circumstances" in rule.fields for rule in REPORTS.values())


def test_the_reporters_are_five_roles():
    assert {Role.CLINICIAN, Role.COORDINATOR, Role.INTAKE, Role.COACH, Role.OFFICER} == kinds.REPORTERS
