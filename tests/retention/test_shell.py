"""``manage.py retention``: every job typed as a person types it, exit codes, sentences and OperationOutcomes."""

import json
import stat
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from audit.models import AuditEvent
from referrals.models import Participation, Referral
from referrals.retention import errors
from referrals.retention.management.commands.retention import Command
from referrals.retention.models import Certificate, Export, Hold, Schedule
from referrals.retention.schedule import Category
from tests.county import CANARIES
from tests.databases import OwnDatabase
from tests.retention.archive import AUTHORITY, Archive, closed, export_of, make_archive
from tests.retention.conftest import Later
from tests.retention.terminal import Terminal

PRIVACY, RECORDS, KEEPER = (
    ("--as", f"{role}.more@police.example.org") for role in ("privacy_officer", "agency_admin", "bhu_officer")
)
OFFICER = ("--as", "officer@police.example.org")
CASE = "2033-CV-0117"


def number(referral: UUID) -> str:
    return Referral.objects.get(pk=referral).reference


def test_from_the_list_to_the_certificate(
    own_database: OwnDatabase, terminal: Terminal, later: Later, tmp_path: Path
) -> None:
    referral = closed(make_archive())
    later()
    born = f"{number(referral)}=2007"
    listed = terminal("due", "--born", born, *PRIVACY)
    assert listed.code == 0
    assert "NOT APPROVED" in listed.out
    assert "export missing" in listed.out
    for category in ("contact_incident", "clinical_sud"):
        for officer in (RECORDS, PRIVACY):
            assert terminal("approve", category, "--years", "7", "--authority", AUTHORITY, *officer).code == 0
    file = tmp_path / "record.json"
    said = terminal("export", str(referral), str(file), "--json", *KEEPER)
    told = json.loads(said.out)
    assert (told["digest"], told["born"], told["resources"]) == (sha256(file.read_bytes()).hexdigest(), 2007, 3)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CANARIES[0] not in said.out
    done = terminal("shred", number(referral), "--sha256", told["digest"].upper(), "--born", "2007", *PRIVACY)
    assert done.code == 0
    assert AUTHORITY in done.out
    shown = json.loads(terminal("certificate", number(referral), "--json", *PRIVACY).out)
    assert (shown["referral"], shown["authority"], shown["category"]) == (str(referral), AUTHORITY, "contact_incident")
    assert (shown["export_sha256"], shown["deleted"]["clients"]) == (told["digest"], 2)
    assert set(AuditEvent.objects.filter(action="retention.shred").values_list("door", flat=True)) == {"cli"}


def test_a_hold_is_placed_listed_and_lifted(town: Archive, terminal: Terminal, later: Later) -> None:
    referral = closed(town)
    later()
    export_of(town, referral)
    client = Participation.objects.get(referral_id=referral, agency=town.county.police).client_id
    scopes = (
        ["--referral", number(referral)],
        ["--client", str(client)],
        ["--whole-agency"],
        ["--first", "2026-01-01", "--last", "2040-01-01"],
    )
    born = ("--born", f"{referral}=2007")
    for scope in scopes:
        placed = terminal("hold", "litigation", "--case", CASE, *scope, "--json", *PRIVACY)
        hold = json.loads(placed.out)["hold"]
        assert CASE not in placed.out
        assert f"HELD by {hold}" in terminal("due", *born, *PRIVACY).out
        left = json.loads(terminal("purge", *born, "--json", *PRIVACY).out)["left"]
        assert {row["referral_id"]: row["code"] for row in left}[str(referral)] == "LEGAL_HOLD"
        assert terminal("lift", hold, *PRIVACY).code == 0
    done = terminal("purge", *born, *PRIVACY)
    assert done.out.startswith("1 deleted")
    assert f"deleted {referral}  contact_incident  {AUTHORITY}" in done.out
    assert number(referral) not in terminal("due", *born, *PRIVACY).out


def test_a_list_of_another_day_deletes_nothing(town: Archive, terminal: Terminal, later: Later) -> None:
    referral = closed(town)
    later(35 * 365)
    rows = json.loads(terminal("due", "--on", "2060-01-01", "--json", *PRIVACY).out)
    assert str(referral) in [row["referral_id"] for row in rows["due"]]
    assert {line["category"] for line in rows["schedule"]} >= {"wellness", "log", "contact_incident"}
    assert not Certificate.objects.filter(folder_id=referral).exists()


def test_a_police_unit_is_not_told_since_when_it_is_due(town: Archive, terminal: Terminal, later: Later) -> None:
    """The day would say when the client was last in somebody's care."""
    closed(town)
    later(35 * 365)
    rows = json.loads(terminal("due", "--json", *PRIVACY).out)["due"]
    assert {row["since"] for row in rows} == {""}


def test_a_police_unit_is_told_of_no_day_to_come(town: Archive, terminal: Terminal) -> None:
    """Day by day it would learn which of its referrals somebody else still works on."""
    closed(town)
    said = terminal("due", "--on", "2060-01-01", *PRIVACY)
    assert (said.code, "must be today or a day before" in said.err) == (2, True)


def refusals(referral: UUID, there: Path) -> dict[str, tuple[tuple[str, ...], str]]:
    """What is typed, and how the answer to it begins."""
    absent = "019a0000-0000-7000-8000-000000000000"
    file, nowhere = ("export", number(referral)), there.parent / "nowhere" / "record.json"
    return {
        "an officer": (("due", *OFFICER), "ROLE: Your role may not do this."),
        "not due": (("shred", number(referral), *PRIVACY), "NOT_DUE: This referral is still open, or its time"),
        "no such referral": (("shred", "0000-0000", *PRIVACY), "NOT_FOUND: There is no such referral for you."),
        "nonsense": (("shred", "nonsense", *PRIVACY), "NOT_FOUND"),
        "no certificate": (("certificate", number(referral), *PRIVACY), "NOT_FOUND"),
        "no such hold": (("lift", absent, *PRIVACY), "NOT_FOUND: There is no such hold standing for your agency."),
        "no scope": (("hold", "litigation", "--case", CASE, *PRIVACY), "scope: name one of: --referral"),
        "two scopes": (
            ("hold", "litigation", "--case", CASE, "--whole-agency", "--client", absent, *PRIVACY),
            "scope: name one of: --referral",
        ),
        "half a period": (
            ("hold", "litigation", "--case", CASE, "--first", "2026-01-01", *PRIVACY),
            "scope: A hold on",
        ),
        "nothing acts": (("approve", "wellness", "--authority", "x", *PRIVACY), "category: nothing is deleted"),
        "no period": (("approve", "unanswered", "--years", "-1", "--authority", "x", *PRIVACY), "period: A period is"),
        "no year": (("due", "--born", f"{referral}=07", *PRIVACY), "born: must be a year such as 2007"),
        "a file that is there": ((*file, str(there), *KEEPER), f"{there}: The file cannot be written: File exists."),
        "no folder": ((*file, str(nowhere), *KEEPER), f"{nowhere}: The file cannot be written: No such file"),
        "nobody": (("due", "--as", "nobody@example.org"), "NOT_UNIT_MEMBER"),
        "no text": (("approve", "unanswered", "--authority", "\udcff", *PRIVACY), "An argument is not UTF-8 text."),
    }


def test_a_refusal_is_a_sentence_or_an_outcome_and_exit_code_two(
    town: Archive, terminal: Terminal, tmp_path: Path
) -> None:
    referral, there = closed(town), tmp_path / "record.json"
    there.write_text("somebody else's")
    before = counts()
    for name, (words, sentence) in refusals(referral, there).items():
        said = terminal(*words)
        assert (name, said.code, said.out) == (name, 2, "")
        assert f"CommandError: {sentence}" in said.err, name
        as_json = terminal(*words, "--json")
        assert (name, as_json.code) == (name, 2)
        outcome = json.loads(as_json.out)
        assert outcome["resourceType"] == "OperationOutcome"
        assert sentence.partition(": ")[2] in outcome["issue"][0]["details"]["text"] or name in {"nobody"}
    assert counts() == before
    assert there.read_text() == "somebody else's"


def counts() -> list[int]:
    return [model._default_manager.count() for model in (Schedule, Hold, Export, Certificate)]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("approve", "everything", "--authority", "x", *PRIVACY), "invalid choice: 'everything'"),
        (("approve", "unanswered", *PRIVACY), "the following arguments are required: --authority"),
        (("approve", "unanswered", "--authority", "x", "--days", "3", "--years", "1", *PRIVACY), "not allowed with"),
        (("hold", "because", "--case", "1", *PRIVACY), "invalid choice: 'because'"),
        (("hold", "litigation", *PRIVACY), "the following arguments are required: --case"),
        (("lift", "12", *PRIVACY), "argument HOLD: must be an id (a UUID)"),
        (("shred", "K7QF-2M9D", "--born", "7", *PRIVACY), "argument --born: must be a year such as 2007"),
        (("due", "--on", "11.5.2034", *PRIVACY), "argument --on: must be a day such as 2026-11-20"),
        (("forget",), "invalid choice: 'forget'"),
        ((), "the following arguments are required: JOB"),
    ],
)
def test_words_that_are_none_are_refused_by_name(
    town: Archive, terminal: Terminal, words: tuple[str, ...], sentence: str
) -> None:
    said = terminal(*words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err


def test_the_page_names_every_job_category_and_refusal() -> None:
    page = (Path(__file__).parents[2] / "docs" / "retention.md").read_text("utf-8")
    codes = {
        each.code for each in vars(errors).values() if isinstance(each, type) and each.__module__ == errors.__name__
    }
    assert [name for name in (*Command.jobs, *Category, *codes, "LEGAL_HOLD") if f"`{name}`" not in page] == []
