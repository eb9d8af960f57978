"""A referral taken along: on paper, as text, as a file. Each carries the statement of the law and is in the log."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from fhir.content.exact import parse
from fhir.content.notices import DISPLAY, PART2, PART2_SHORT
from fhir.content.validate import check
from referrals.acts import AddSection, CorrectSection
from referrals.opening import open_referral
from referrals.perform import perform
from tests.county import CANARIES
from tests.web.desk import OBSERVED, Desk, Seat, make_desk

pytestmark = pytest.mark.django_db
STATEMENT = PART2.text[:60]
USE = OBSERVED | {
    "code": {"text": "What he uses"},
    "component": [{"code": {"text": "Drug"}, "valueString": "something blue"}],
    "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "42CFRPart2"}]},
}
OTHERS = ("Bhu", "Detox", "something blue", "C-SSRS", "suicide risk", "with the team")
CABINET = "a locked cabinet in the hall"


@pytest.fixture(scope="module")
def desk(build_once: Callable[[Callable[[], Desk]], Desk]) -> Desk:
    """The referral with something in it that the law of substance-use records covers."""

    def make() -> Desk:
        made = make_desk()
        add = AddSection(referral_id=made.referral_id, data=json.dumps(USE).encode())
        perform(made.county.clinician, [add])
        return made

    return build_once(make)


def reference(desk: Desk) -> str:
    return open_referral(desk.county.clinician, desk.referral_id, only=()).reference


@pytest.mark.parametrize("name", ["file", "file-print", "file-copy", "file-bundle"])
def test_the_statement_of_the_law_goes_with_what_it_covers(desk: Desk, name: str) -> None:
    query = {"part": "sud"} if name == "file" else {}
    page = Seat(desk.county.clinician).read(name, desk.referral_id, **query)
    assert "something blue" in page
    assert STATEMENT in page


def test_a_tab_without_such_records_carries_no_statement(desk: Desk) -> None:
    assert STATEMENT not in Seat(desk.county.clinician).read("file", desk.referral_id)


def test_the_short_statement_stands_in_the_head_that_every_printed_page_has(desk: Desk) -> None:
    page = Seat(desk.county.clinician).read("file-print", desk.referral_id)
    head = page[page.index("<thead>") : page.index("</thead>")]
    assert PART2_SHORT.text in head
    assert reference(desk) in head
    assert "Printed by Bhu" in head
    provider = Seat(desk.county.detox_intake).read("file-print", desk.referral_id)
    assert PART2_SHORT.text not in provider


@pytest.mark.parametrize(
    ("name", "action"),
    [("file-print", "referral.print"), ("file-copy", "referral.copy"), ("file-bundle", "referral.download")],
)
def test_each_way_is_an_event_of_its_own_with_the_parts_that_went(desk: Desk, name: str, action: str) -> None:
    before = AuditEvent.objects.count()
    Seat(desk.county.clinician).read(name, desk.referral_id)
    event = AuditEvent.objects.latest("id")
    assert AuditEvent.objects.count() == before + 1
    assert (event.action, event.target, event.outcome) == (action, f"Referral/{desk.referral_id}", "0")
    assert set(event.code.split("+")) >= {"request", "contact", "incident", "clinical", "sud"}


def test_a_way_that_is_refused_is_recorded_as_what_was_tried(desk: Desk) -> None:
    Seat(desk.county.outsider).get("file-bundle", desk.referral_id)
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.outcome, event.code) == ("referral.download", "4", "NOT_FOUND")


def test_an_officer_copies_what_his_department_wrote_and_nothing_of_others(desk: Desk) -> None:
    text = Seat(desk.county.officer).read("file-copy", desk.referral_id)
    assert not [word for word in (*CANARIES, CABINET) if word not in text]
    assert not [word for word in OTHERS if word in text]
    assert "for your own report" in text


def test_a_provider_that_was_asked_copies_the_ask_alone(desk: Desk) -> None:
    seat = Seat(desk.county.detox_intake)
    for name in ("file-copy", "file-print", "file-bundle"):
        page = seat.read(name, desk.referral_id)
        assert "18 to 24" in page
        assert not [word for word in (*CANARIES, CABINET, "something blue", "Police", "Clinic,") if word in page]


def test_the_text_says_each_part_as_the_page_does(desk: Desk) -> None:
    text = Seat(desk.county.clinician).read("file-copy", desk.referral_id)
    lines = [line.strip() for line in text.splitlines()]
    assert "Name: Ottilie Zwillinger" in lines
    assert f"Weapons: {CABINET}" in lines
    assert "Result: high" in lines
    assert {"CONTACT", "INCIDENT", "CLINICAL", "SUBSTANCE USE"} <= set(lines)


def test_the_file_is_a_bundle_of_the_newest_versions_that_goes_by_the_number(desk: Desk) -> None:
    opened = open_referral(desk.county.officer, desk.referral_id)
    written = next(each for each in opened.sections if each.tree.get("code") == OBSERVED["code"])
    tree = json.dumps(OBSERVED | {"note": [{"text": "He called back."}]}).encode()
    act = CorrectSection(referral_id=desk.referral_id, resource_id=written.resource_id, data=tree)
    perform(desk.county.officer, [act])
    answer = Seat(desk.county.clinician).get("file-bundle", desk.referral_id)
    assert answer.headers["Content-Type"] == "application/fhir+json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{reference(desk)}.json"'
    exact: Any = parse(answer.content)
    for entry in exact["entry"]:
        check(entry["resource"])
    plain = json.loads(answer.content)
    assert plain["identifier"]["value"] == reference(desk)
    assert answer.content.count(b"He called back.") == 1
    ids = [entry["resource"]["id"] for entry in plain["entry"]]
    assert len(ids) == len(set(ids))
    covered = [e["resource"] for e in plain["entry"] if e["resource"].get("code") == {"text": "What he uses"}]
    (extension,) = covered[0]["meta"]["extension"]
    assert extension == {"url": DISPLAY, "valueAnnotation": {"text": PART2.text}}


def test_what_is_taken_along_has_no_name_of_the_client_in_its_address_or_headers(desk: Desk) -> None:
    seat = Seat(desk.county.clinician)
    for name in ("file", "file-print", "file-copy", "file-bundle"):
        answer = seat.get(name, desk.referral_id)
        said = f"{seat.address(name, desk.referral_id)} {answer.headers}"
        assert not [word for word in CANARIES if word in said]


def test_nobody_takes_anything_without_signing_in(desk: Desk) -> None:
    for name in ("file-print", "file-copy", "file-bundle"):
        answer = Client().get(reverse(f"referrals:{name}", args=["bhu", "clinician", desk.referral_id]))
        assert answer.headers["Location"].startswith(reverse("account_login"))
