"""``manage.py accounting`` and ``manage.py receipt`` as a person types them."""

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError
from django.utils import timezone

from audit.models import AuditEvent
from fhir.content import validate
from referrals.receipts.management.commands import accounting, receipt
from referrals.receipts.models import Slip
from tests.receipts.shelf import Reader, Shelf
from tests.signing.test_command import typed

COORDINATOR, PRIVACY = "coordinator@bhu.example.org", "privacy.legal@bhu.example.org"


def said(command: str, *words: str, who: str) -> Any:
    return json.loads(typed(*words, "--json", who=who, command=command))


def no(command: str, *words: str, who: str) -> str:
    with pytest.raises(CommandError) as refusal:
        typed(*words, who=who, command=command)
    assert refusal.value.returncode == 2
    return str(refusal.value)


def test_a_report_is_printed_in_words_as_a_table_and_as_fhir(shelf: Shelf) -> None:
    number = shelf.desk.reference
    text = typed("report", number, who=COORDINATOR, command="accounting")
    assert text.count("recipient=Detox") == 2
    assert "ground=You signed a paper that lets us." in text
    table = typed("report", number, "--format", "csv", who=COORDINATOR, command="accounting")
    assert len(list(csv.reader(io.StringIO(table)))) == 4
    bundle = json.loads(typed("report", number, "--format", "fhir", who=COORDINATOR, command="accounting"))
    assert len(bundle["entry"]) == 3
    for entry in bundle["entry"]:
        validate.check(entry["resource"])
    rows = said("accounting", "report", str(shelf.referral_id), "--since", "2026-01-01", who=COORDINATOR)["rows"]
    assert [row["recipient"] for row in rows] == ["Detox", "Clinic", "Detox"]


def test_a_disclosure_to_police_is_kept_back_and_listed_by_the_privacy_officer(shelf: Shelf) -> None:
    number, soon = shelf.desk.reference, (timezone.now() + timedelta(days=3)).replace(tzinfo=None)
    shelf.gave("other-police", timezone.now(), basis="court_order", purpose="HLEGAL")
    rows = said("accounting", "report", number, "--whole", who=PRIVACY)["rows"]
    (row,) = [row for row in rows if row["recipient"] == "Other-Police"]
    words = ("suspend", row["id"], "--until", soon.isoformat(timespec="minutes"))
    assert "back by itself" in typed(*words, "--written", who=PRIVACY, command="accounting")
    assert "Other-Police" not in typed("report", number, who=PRIVACY, command="accounting")
    again = said("accounting", "report", number, "--whole", who=PRIVACY)["rows"]
    assert [row["kept_until"] for row in again if row["recipient"] == "Other-Police"] == [soon.date().isoformat()]
    assert "ROLE" in no("accounting", *words, who=COORDINATOR)
    assert "ROLE" in no("accounting", "report", number, "--whole", who=COORDINATOR)


def test_the_list_of_an_intermediary_is_printed(shelf: Shelf) -> None:
    assert said("accounting", "intermediary", shelf.desk.reference, who=PRIVACY)["rows"] == []


def test_a_number_that_is_not_the_agencys_is_not_found(shelf: Shelf) -> None:
    for spoken in (shelf.desk.reference, "0000-0000", str(UUID(int=5))):
        assert "NOT_FOUND" in no("accounting", "report", spoken, who="clinician@stranger.example.org")
    assert "NOT_FOUND" in no("accounting", "report", "x", who=COORDINATOR)
    refused = AuditEvent.objects.filter(action="accounting.find", outcome="4", code="NOT_FOUND")
    assert refused.count() == 3  # by number twice, and what is neither; an id is looked for by the report


def test_a_slip_is_made_read_renewed_listed_and_ended(shelf: Shelf) -> None:
    number, words = shelf.desk.reference, ("--not-safe", "--site", "https://page.example.org", "--days", "30")
    text = typed("make", number, *words, who=COORDINATOR, command="receipt")
    code, pin = re.findall(r"(?:Code|PIN): (\S+)", text)
    reader = Reader(None)  # type: ignore[arg-type]  # what it has is typed
    assert reader.open(code=code, pin=pin).status == 200
    (listed,) = said("receipt", "list", number, who=COORDINATOR)
    assert (listed["id"], listed["safe_to_message"]) == (str(Slip.objects.get().id), False)
    assert "Good until" in typed("renew", listed["id"], who=COORDINATOR, command="receipt")
    typed("end", listed["id"], who=COORDINATOR, command="receipt")
    assert reader.open(code=code, pin=pin).status == 403
    assert said("receipt", "list", number, who=COORDINATOR) == []
    assert "NOT_FOUND" in no("receipt", "renew", listed["id"], who=COORDINATOR)


def test_whether_a_message_is_safe_must_be_said(shelf: Shelf) -> None:
    with pytest.raises(CommandError):
        typed("make", shelf.desk.reference, who=COORDINATOR, command="receipt")


@pytest.mark.parametrize("command", [accounting.Command, receipt.Command])
def test_every_job_says_what_it_does(command: Any) -> None:
    for job, (about, *_rest) in command.jobs.items():
        assert about
        with pytest.raises(SystemExit):
            command().create_parser("manage.py", "x").parse_args([job, "--help"])
