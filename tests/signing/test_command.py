"""``manage.py consent`` as a person types it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from referrals.signing.management.commands.consent import Command
from tests.signing.desk import SIGNATURE, Desk, Phone, attached, consent_and_document, new_events, seen_events, terms

CLINICIAN, OFFICER = "clinician@bhu.example.org", "officer@police.example.org"


def typed(*words: str, who: str = CLINICIAN, command: str = "consent") -> str:
    out = io.StringIO()
    call_command(command, *words, "--as", who, stdout=out)
    return out.getvalue()


def said(*words: str, **more: Any) -> Any:
    return json.loads(typed(*words, "--json", **more))


def no(*words: str, **more: Any) -> str:
    with pytest.raises(CommandError) as refusal:
        typed(*words, **more)
    assert refusal.value.returncode == 2
    return str(refusal.value)


def test_a_link_asked_for_at_the_shell_is_signed_listed_stopped_and_taken_up_again(desk: Desk) -> None:
    asked = said("ask", desk.reference, "--to", "detox", "--to", "clinic", "--site", "https://page.example.org")
    assert asked["message"].endswith(f"https://page.example.org{asked['path']}")
    phone = Phone(type("Given", (), asked)())  # type: ignore[arg-type]  # as it was printed
    assert [each["how"] for each in said("list", desk.reference)["waiting"]] == ["own_phone"]
    assert phone.sign(desk.filled()).status == 200
    (on_file,) = said("list", desk.reference)["on_file"]
    assert (on_file["standing"], on_file["parts"]) == ("active", ["clinical", "contact"])
    assert said("stop", desk.reference, on_file["id"])["on_file"][0]["standing"] == "held"
    assert said("resume", desk.reference, on_file["id"])["on_file"][0]["standing"] == "active"
    assert said("stop", desk.reference, on_file["id"], "--written")["on_file"][0]["standing"] == "revoked"
    assert "CONSENT_REVOKED" in no("resume", desk.reference, on_file["id"])


def test_a_page_is_printed_and_filed(desk: Desk, tmp_path: Path) -> None:
    html = typed("paper", desk.reference, "--to", "detox")
    assert html.strip().startswith("<!DOCTYPE html>")
    assert desk.reference in html
    image = tmp_path / "page.jpg"
    image.write_bytes(b"\xff\xd8\xff\xe0 a photo")
    words = (
        "--to",
        "detox",
        "--to",
        "clinic",
        "--not-to",
        "clinic",
        "--ticked",
        "contact,TREAT",
        "--signer",
        SIGNATURE,
    )
    filed = said("file", desk.reference, str(image), *words, "--signed", "2026-11-20")
    assert str(terms().consent) == filed["consent_id"]
    assert desk.county.clinic.id not in terms().agencies
    assert attached(consent_and_document(desk)[1]) == image.read_bytes()
    assert "cannot be read" in no("file", desk.reference, str(tmp_path / "none"), *words, "--signed", "2026-11-20")


def test_a_spoken_yes_and_a_link_are_dropped(desk: Desk) -> None:
    spoken = typed("todo", desk.reference).split()[-1]
    link = said("ask", desk.reference, "--to", "detox", "--on-screen", "--hours", "2")["id"]
    assert [each["how"] for each in said("list", desk.reference)["waiting"]] == ["oral", "on_screen"]
    typed("drop", spoken, "--oral"), typed("drop", link)
    assert said("list", desk.reference)["waiting"] == []
    assert "NOT_FOUND" in no("drop", link)


def test_whoever_may_not_is_refused_and_the_refusal_is_logged(desk: Desk) -> None:
    seen = seen_events()
    assert "NOT_FOUND" in no("ask", desk.reference, "--to", "detox", who="clinician@stranger.example.org")
    assert "UNKNOWN_AGENCY" in no("ask", desk.reference, "--to", "nowhere")
    assert "NOT_UNIT_MEMBER" in no("list", desk.reference, who="nobody@example.org")
    assert "R-P2-06" in no("ask", desk.reference, "--to", "detox", who=OFFICER)
    assert all(outcome == "4" for action, *_rest, outcome, _code in new_events(seen) if action != "referral.open")
    assert json.loads(refused_as_json("list", desk.reference, who="nobody@example.org"))["id"] == "not-unit-member"


def refused_as_json(*words: str, who: str) -> str:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("consent", *words, "--as", who, "--json", stdout=out)
    assert ended.value.code == 2
    return out.getvalue()


@pytest.mark.parametrize("job", list(Command.jobs))
def test_every_job_says_what_it_does(job: str) -> None:
    about, *_rest = Command.jobs[job]
    assert about
    with pytest.raises(SystemExit):
        Command().create_parser("manage.py", "consent").parse_args([job, "--help"])


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "x", "--hours", "many"),
        ("ask", "x", "--hours", "-1"),
        ("ask", "x", "--until", "tomorrow"),
        ("ask", "x", "--paper", "none"),
        ("drop", "no-id"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(desk: Desk, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        typed(*words)
