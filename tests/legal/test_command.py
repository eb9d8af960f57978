"""``manage.py legal`` as a person types it."""

import io
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.kinds import AgencyKind
from agencies.roles import Role, fits
from audit.models import AuditEvent
from referrals.legal.kinds import LETTER
from referrals.legal.management.commands.legal import JOBS
from referrals.legal.models import LegalRequest, MandatedReport
from tests.legal.town import FIELDS, INJURY, SENDER, SUBJECT, Town

PRIVACY, CLINICIAN = "privacy.legal@bhu.example.org", "clinician@bhu.example.org"


def typed(*words, who=PRIVACY):
    out = io.StringIO()
    call_command("legal", *words, "--as", who, stdout=out)
    return out.getvalue()


def said(*words, who=PRIVACY):
    return json.loads(typed(*words, "--json", who=who))


def yesterday():
    return (timezone.now() - timedelta(days=1)).isoformat()


def register(*more):
    return said("register", "subpoena", "--subject", SUBJECT, "--sender", SENDER, "--received", yesterday(), *more)


def no(*words, who=PRIVACY):
    with pytest.raises(CommandError) as refusal:
        typed(*words, who=who)
    assert refusal.value.returncode == 2
    return str(refusal.value)


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "report.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def test_a_paper_from_its_coming_to_its_end(town: Town):
    id_ = register()["id"]
    assert typed("answer", id_).strip() == LETTER.strip()
    assert SUBJECT in typed("open", id_)
    assert "answered=template" in typed("list")
    assert "state: closed" in typed("close", id_)
    assert SUBJECT not in typed("list") + json.dumps(said("list"))
    assert {event.door for event in AuditEvent.objects.filter(action__startswith="legal.")} == {"cli"}


def test_a_time_without_a_zone_is_the_agencys_wall_clock(town: Town):
    said("register", "subpoena", "--subject", SUBJECT, "--sender", SENDER, "--received", "2026-07-01T10:00")
    assert LegalRequest.objects.get().received_at.isoformat() == "2026-07-01T14:00:00+00:00"


def test_a_release_is_refused_on_the_command_line_too(town: Town):
    id_ = register()["id"]
    assert no("release", id_, "--show", "order").startswith("LEGAL_PROCESS_INSUFFICIENT: findings=False")


def test_what_was_given_on_paper_is_written_down_and_shown(town: Town):
    id_ = register()["id"]
    entry = said(
        "by-hand", id_, "--to", "the clerk", "--at", yesterday(), "--parts", "contact,sud", "--under", "docket 1",
        "--to-agency", "other-police",
    )  # fmt: skip
    assert entry["parts"] == ["contact", "sud"]
    assert "to=the clerk" in typed("entries", id_, "--for-client")
    assert "parts" in no("by-hand", id_, "--to", "x", "--at", yesterday(), "--parts", "gossip", "--under", "x")
    assert no(
        "by-hand", id_, "--to", "x", "--at", yesterday(), "--parts", "sud", "--under", "x", "--to-agency", "nobody"
    )
    assert AuditEvent.objects.filter(action="cli.by-hand", code="UNKNOWN_AGENCY").count() == 1


def test_a_police_records_system_gets_five_fields(town: Town):
    register()
    (row,) = said("list", "--police")
    assert set(row) == {"request", "kind", "received_at", "due_at", "state"}


def test_a_report_is_read_from_a_file_and_opened_by_its_two_readers(town: Town, file):
    made = said("report", "elder_abuse", file(FIELDS), "--made", yesterday(), who=CLINICIAN)
    assert made["called_at"] is None
    assert "called_at: 20" in typed("follow-up", made["id"], "--called", yesterday(), who=CLINICIAN)
    for who in (CLINICIAN, PRIVACY):
        assert INJURY in typed("open-report", made["id"], who=who)
        assert INJURY not in typed("list", "--reports", who=who)
    assert no("open-report", made["id"], who="coordinator@bhu.example.org").startswith("NOT_FOUND")
    assert no("open-report", made["id"], who="analyst.legal@bhu.example.org").startswith("ROLE")


@pytest.mark.parametrize("content", ["", "[]", '"x"', "{", "[" * 100_000, '{"name": 1e999}'], ids=range(6))
def test_a_file_that_is_no_report_is_refused_in_words(town: Town, file, content):
    assert no("report", "elder_abuse", file(content), "--made", yesterday(), who=CLINICIAN)
    assert MandatedReport.objects.count() == 0


def test_a_file_that_is_not_there_is_refused_in_words(town: Town, tmp_path):
    said_ = no("report", "elder_abuse", str(tmp_path / "none.json"), "--made", yesterday(), who=CLINICIAN)
    assert "cannot be read" in said_


def test_a_refusal_in_json_is_an_operation_outcome_that_names_the_field(town: Town, file, capsys):
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "legal", "report", "elder_abuse", file(FIELDS | {"unit": "x"}), "--made", yesterday(), "--as", CLINICIAN,
            "--json", stdout=out,
        )  # fmt: skip
    assert ended.value.code == 2
    outcome = json.loads(out.getvalue())
    assert (outcome["resourceType"], outcome["id"]) == ("OperationOutcome", "invalid")
    assert outcome["issue"][0]["expression"] == ["unit"]


def test_a_stranger_and_a_superuser_without_a_membership_are_turned_away_and_recorded(town: Town):
    for who in ("nobody@example.org", town.county.superuser.email):
        assert no("list", who=who).startswith("NOT_UNIT_MEMBER")
    assert AuditEvent.objects.filter(action="door.refuse", code="NOT_UNIT_MEMBER").count() == 2


def test_an_argument_that_is_no_text_is_refused(town: Town):
    assert "UTF-8" in no("register", "subpoena", "--subject", "\udcff", "--sender", "x", "--received", yesterday())


@pytest.mark.parametrize("words", [("open", "x"), ("answer", "1"), ("register", "letter"), ("list", "--made", "noon")])
def test_what_cannot_be_typed_is_named(town: Town, words):
    with pytest.raises(CommandError):
        typed(*words)


@pytest.mark.parametrize("job", JOBS)
def test_every_job_explains_itself(job, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("legal", job, "--help")
    assert ended.value.code == 0
    assert "--as" in capsys.readouterr().out


def test_every_role_gets_an_answer_and_no_traceback_from_every_job(town: Town, file):
    some = str(uuid4())
    for role in Role:
        for job in ("answer", "close", "open", "entries", "release", "open-report"):
            answers = {"ROLE", "NOT_FOUND"} if fits(AgencyKind.BHU, role) else {"NOT_UNIT_MEMBER"}
            assert no(job, some, who=f"{role}.legal@bhu.example.org").split(":")[0] in answers
