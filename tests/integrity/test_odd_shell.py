"""Odd words at the shell: an answer in words and an exit code, never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from audit.models import AuditEvent
from referrals.models import Referral
from tests.county import bundle_of
from tests.databases import ROOT, OwnDatabase
from tests.integrity.shell import Shell
from tests.integrity.stage import Stage, play

CLINICIAN = ("--as", "clinician@bhu.example.org")

NOBODYS = "019a0000-0000-7000-8000-000000000000"


def number_of(stage: Stage) -> str:
    return Referral.objects.get(pk=stage.taken).reference


@pytest.mark.parametrize("spoken", [str.upper, str.lower, lambda number: number.replace("-", " "), str.swapcase])
def test_a_reference_number_opens_however_it_is_typed(town: Stage, shell: Shell, spoken: object) -> None:
    said = shell("open", spoken(number_of(town)), *CLINICIAN, "--json")  # type: ignore[operator] # one of the above
    assert said.code == 0
    assert json.loads(said.out)["id"] == str(town.taken)


@pytest.mark.parametrize("job", ["open", "history"])
@pytest.mark.parametrize(
    "wrong", ["", "nonsense", "K7QF-2M9", "0000-0000", "../etc/passwd", "' OR 1=1 --", NOBODYS, "ⅫⅫ"]
)
def test_what_names_no_referral_is_not_found_and_the_try_is_recorded(
    town: Stage, shell: Shell, job: str, wrong: str
) -> None:
    before = AuditEvent.objects.filter(code="NOT_FOUND").count()
    said = shell(job, wrong, *CLINICIAN)
    assert (said.code, said.out) == (2, "")
    assert "NOT_FOUND: There is no such referral for you." in said.err
    assert AuditEvent.objects.filter(code="NOT_FOUND").count() == before + 1


def test_a_number_of_another_agencys_referral_gets_the_answer_of_none(town: Stage, shell: Shell) -> None:
    stranger = ("--as", "clinician@stranger.example.org")
    theirs, nobodys = (shell("open", number, *stranger, "--json") for number in (number_of(town), "0000-0000"))
    assert theirs == nobodys
    assert json.loads(theirs.out)["id"] == "not-found"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("step", "12", "accept", *CLINICIAN), "argument TASK: must be an id (a UUID), as `open` shows it"),
        (("step", NOBODYS, "jump", *CLINICIAN), "invalid choice: 'jump'"),
        (("step", NOBODYS, "accept", *CLINICIAN), "NOT_FOUND"),
        (("step", NOBODYS, "reject", "--reason", "tired", *CLINICIAN), "invalid choice: 'tired'"),
        (("step", NOBODYS, "accept", "--version", "new", *CLINICIAN), "argument --version: invalid int value"),
        (("step", NOBODYS, "accept", "--how", "owl", *CLINICIAN), "how: must be one of: phone, fax"),
        (("add", "K7QF-2M9D", "-", "--corrects", "it", *CLINICIAN), "argument --corrects: must be an id (a UUID)"),
        (("find", "--born", "11.5.2007", *CLINICIAN), "argument --born: must be a day such as 2026-11-20"),
        (("find", "--family", "X", *CLINICIAN), "the following arguments are required: --born"),
        (("send", "nowhere.json", "--to", "bhu"), "the following arguments are required: --as"),
        (("open", "--as"), "argument --as: expected one argument"),
        (("jump",), "invalid choice: 'jump'"),
        ((), "the following arguments are required: JOB"),
    ],
)
def test_words_that_are_none_are_refused_by_name(
    town: Stage, shell: Shell, words: tuple[str, ...], sentence: str
) -> None:
    said = shell(*words)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("part", ["diagnosis", "contact,diagnosis", "Contact"])
def test_an_unknown_part_is_refused_with_those_there_are(town: Stage, shell: Shell, part: str, as_json: bool) -> None:
    said = shell("open", number_of(town), "--part", part, *CLINICIAN, *(["--json"] if as_json else []))
    assert said.code == 2
    text = json.loads(said.out)["issue"][0]["details"]["text"] if as_json else said.err
    assert "Parts are: request, contact, incident, clinical, sud, transport, outcome." in text


@pytest.mark.parametrize("part", ["sud", "contact,sud"])
def test_a_part_the_agency_does_not_have_is_refused_by_name(town: Stage, shell: Shell, part: str) -> None:
    said = shell("open", number_of(town), "--part", part, *CLINICIAN)
    assert (said.code, said.out) == (2, "")
    assert "COMPARTMENT: sud: " in said.err


def test_in_a_process_of_its_own_it_reads_standard_input_and_takes_no_bytes_that_are_no_text(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    """What only a real process has: its own standard input, open or closed, and arguments that are any bytes."""
    play()
    send = [b"send", b"-", b"--as", b"officer@police.example.org", b"--to", b"bhu"]
    runs = [
        (send, subprocess.PIPE, 0, b""),
        ([*send, b"--key", b"\xff\xfe"], subprocess.PIPE, 2, b"An argument is not UTF-8 text."),
        ([b"send", b"\xff.json", *send[2:]], subprocess.PIPE, 2, b"The file cannot be read: No such file"),
        (send, None, 2, b"The file cannot be read: standard input is closed."),
    ]
    before = Referral.objects.count()
    for words, standard_input, code, sentence in runs:
        done = run(own_database, words, standard_input)
        assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
        assert sentence in done.stderr
    assert Referral.objects.count() == before + 1


def run(own: OwnDatabase, words: list[bytes], standard_input: int | None) -> "subprocess.CompletedProcess[bytes]":
    """The command in a process; without ``standard_input`` it starts with that closed."""
    closing = None if standard_input else lambda: os.close(0)
    command = [sys.executable, "-m", "django", "referral", *map(os.fsdecode, words)]
    given = bundle_of() if standard_input else None
    return subprocess.run(
        command, cwd=ROOT, env=own.env, input=given, preexec_fn=closing, capture_output=True, check=False
    )


@pytest.mark.parametrize("job", ["send", "offer", "add-agency"])
def test_help_lists_the_grounds_that_let_something_go_and_no_others(
    job: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        call_command("referral", job, "--help")
    said = " ".join(capsys.readouterr().out.split())
    listed = said.partition("the legal ground, one of: ")[2].partition(";")[0].partition(" -")[0].split(", ")
    assert sorted(listed) == [
        "consent_named", "consent_tpo", "deidentified", "hipaa_treatment", "police_business", "qsoa_baa",
        "referral_for_help",
    ]  # fmt: skip
    assert "court_order" not in said
