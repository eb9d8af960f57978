"""The receipt book's page: who was told what, in plain words, for whoever has code and PIN, and a stop that counts."""

import logging
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from agencies.models import Agency
from agencies.services import end_membership
from agencies.vault import keyring
from agencies.vault.errors import CannotOpen
from bhu import logs
from fhir.content.compartments import Compartment
from referrals.acts import AddSection, ResumeConsent
from referrals.consents.models import ConsentTerms
from referrals.models import Disclosure, Notice, Participation
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.receipts import slips
from tests.county import CANARIES, SETUP, consent_in
from tests.legal.town import refused
from tests.receipts.shelf import Reader, Shelf, telling
from tests.signing.desk import Page, new_events, no_external, page, seen_events, terms


def same(page_: Page) -> str:
    """A page without what is random in it."""
    return re.sub(r'(csrfmiddlewaretoken" value)="[^"]*"', "", page_.html)


def stop(reader: Reader, consent_id: object, *, ticket: str = "") -> Page:
    return reader.post(ticket=ticket or reader.open().value("ticket"), stop=str(consent_id))


def test_looking_at_the_page_asks_nothing_of_the_database_and_says_nothing(
    reader: Reader, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        shown = reader.look()
    assert (shown.status, shown.title, telling(shown.text)) == (200, "Your page", [])


def test_the_page_says_to_whom_when_what_and_why_in_plain_words(shelf: Shelf, reader: Reader) -> None:
    shown = reader.open()
    assert shown.status == 200
    assert shown.title == "Your page"
    assert shown.text.count("Detox Where they are 5 Harbor Road, Cobbs") == 2
    assert "Your name, birth date, phone number and address Your mental health What for To treat you" in shown.text
    assert "Why it was allowed You signed a paper that lets us." in shown.text
    assert "Clinic, Detox, Paper-Clinic" in shown.text
    assert "+1 978 555 0190" in shown.text
    assert 'href="tel:+19785550190"' in shown.html
    assert [word for word in CANARIES if word in shown.html] == []
    assert [word for word in ("consent_", "TREAT", "compartment", "contact<") if word in shown.html] == []


def test_a_paper_is_good_until_the_day_that_stands_on_it(shelf: Shelf, reader: Reader) -> None:
    # Signed yesterday for 180 days (tests.county); its last day counts whole.
    trees = [section.tree for section in open_referral(shelf.county.clinician, shelf.referral_id).sections]
    (tree,) = [tree for tree in trees if tree["resourceType"] == "Consent"]
    last = date.fromisoformat(tree["provision"]["provision"][0]["period"]["end"])
    assert re.search(rf"good until {last:%b}\w*\.? {last.day}, {last.year}\.", reader.open().text)


def test_the_page_shows_what_the_agency_of_the_slip_gave_out_and_no_others(shelf: Shelf) -> None:
    Disclosure.objects.create(
        referral_id=shelf.referral_id,
        discloser=shelf.county.detox,
        recipient=shelf.county.paper_clinic,
        recipient_name="Somewhere Else",
        membership_id=shelf.county.detox_intake.membership_id,
        mask=8,
        basis="consent_named",
        purpose="TREAT",
    )
    shown = Reader(shelf.slip()).open()
    assert "Somewhere Else" not in shown.text
    assert "Police" not in shown.text


def test_a_wrong_code_a_wrong_pin_and_a_slip_that_is_over_are_one_answer(shelf: Shelf) -> None:
    over, good = Reader(shelf.slip()), Reader(shelf.slip())
    slips.end(shelf.county.clinician, over.slip.id)
    answers = [
        good.open(pin=good.wrong_pin),
        good.open(code="BCDF-GHJK"),
        good.open(code=""),
        good.open(pin=""),
        good.open(code="é" * 9, pin="é"),
        over.open(),
    ]
    assert {answer.status for answer in answers} == {403}
    assert len({same(answer) for answer in answers}) == 1
    assert answers[0].title == "Error: Your page"


@pytest.mark.parametrize("typed", ["{}", " {} ", "lower", "nodash"])
def test_a_code_opens_however_it_is_typed(shelf: Shelf, reader: Reader, typed: str) -> None:
    code = {"lower": reader.slip.code.lower(), "nodash": reader.slip.code.replace("-", " ")}.get(typed)
    assert reader.open(code=code or typed.format(reader.slip.code)).status == 200


def test_after_five_wrong_pins_it_stays_shut_for_an_hour_even_for_the_right_one(shelf: Shelf) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False) as clock:
        reader = Reader(shelf.slip())
        for _ in range(5):
            assert reader.open(pin=reader.wrong_pin).status == 403
        assert reader.open().status == 403
        clock.shift(timedelta(minutes=59))
        assert reader.open().status == 403
        clock.shift(timedelta(minutes=1))
        assert reader.open().status == 200


def test_four_wrong_pins_do_not_shut_it_and_right_ones_count_for_nothing(reader: Reader) -> None:
    for _ in range(4):
        reader.open(pin=reader.wrong_pin)
    for _ in range(8):
        assert reader.open().status == 200
    assert reader.open(pin=reader.wrong_pin).status == 403
    assert reader.open().status == 403


def test_the_book_stays_open_fifteen_minutes_and_then_asks_again(shelf: Shelf) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False) as clock:
        reader = Reader(shelf.slip())
        ticket = reader.open().value("ticket")
        clock.shift(timedelta(minutes=14))
        assert reader.post(ticket=ticket).status == 200
        clock.shift(timedelta(minutes=2))
        late = reader.post(ticket=ticket)
        assert (late.status, "type the code and the PIN again" in late.text) == (403, True)
        assert stop(reader, shelf.consent_id, ticket=ticket).status == 403
    assert terms().standing.value == "active"


@pytest.mark.parametrize("ticket", ["forged", "x:y:z", ""])
def test_a_forged_ticket_opens_nothing(shelf: Shelf, reader: Reader, ticket: str) -> None:
    for more in ({}, {"stop": str(shelf.consent_id)}, {"switch": "es"}):
        assert reader.post(ticket=ticket, **more).status == 403
    assert terms().standing.value == "active"


def test_a_ticket_of_a_signing_link_is_none_of_the_book(shelf: Shelf, reader: Reader) -> None:
    assert reader.post(ticket=signing.dumps(str(reader.slip.id), salt="signing.ticket")).status == 403


def test_stop_sharing_counts_at_once_for_every_reader(shelf: Shelf, reader: Reader) -> None:
    assert open_referral(shelf.county.detox_intake, shelf.referral_id).sections
    shown = stop(reader, shelf.consent_id)
    assert (shown.status, "You stopped it. From now on nothing more is shared" in shown.text) == (200, True)
    assert [each for each in shown.fields if each.get("name") == "stop"] == []
    assert refused(open_referral, shelf.county.detox_intake, shelf.referral_id).code == "CONSENT_REVOKED"
    assert (terms().standing.value, terms().consent) == ("held", shelf.consent_id)
    assert "cannot be called back" in shown.text
    assert "5 Harbor Road" in shown.text  # what was given out stays in the book


def test_a_stop_is_recorded_as_the_slips_and_the_agency_is_told(shelf: Shelf, reader: Reader) -> None:
    ticket = reader.open().value("ticket")
    seen, slip, target = seen_events(), f"Slip/{reader.slip.id}", f"Referral/{shelf.referral_id}"
    stop(reader, shelf.consent_id, ticket=ticket)
    assert new_events(seen) == [
        ("receipt.read", target, slip, "0", ""),
        ("consent.hold", target, slip, "0", f"Consent/{shelf.consent_id}"),
        ("consent.by-slip", target, slip, "0", slip),
        ("receipt.read", target, slip, "0", ""),
    ]
    row = ConsentTerms.objects.latest("id")
    assert (row.agency_id, row.membership_id) == (shelf.county.bhu.id, reader.slip.id)
    told = Notice.objects.filter(code__in=["client-stopped", "consent-held"]).values_list("agency__slug", "code")
    assert sorted(told) == [("bhu", "client-stopped"), ("clinic", "consent-held"), ("detox", "consent-held")]


def test_a_stop_needs_no_key_and_no_member_who_is_still_there(
    shelf: Shelf, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(*_args: Any, **_named: Any) -> Any:
        raise CannotOpen

    for member in (shelf.county.coordinator, shelf.county.clinician):
        end_membership(by=SETUP, membership_id=member.membership_id)
    for name in ("open", "open_all", "open_delegated"):
        monkeypatch.setattr(keyring, name, shut)
    assert stop(reader, shelf.consent_id).status == 200
    assert terms().standing.value == "held"


def test_a_stop_counts_though_the_agencys_own_part_is_over(shelf: Shelf, reader: Reader) -> None:
    ticket = reader.open().value("ticket")
    Participation.objects.filter(referral_id=shelf.referral_id, agency=shelf.county.bhu).update(until=timezone.now())
    assert stop(reader, shelf.consent_id, ticket=ticket).status == 200
    assert refused(open_referral, shelf.county.detox_intake, shelf.referral_id).code == "CONSENT_REVOKED"
    assert ConsentTerms.objects.latest("id").agency_id == shelf.county.police.id


def test_the_agency_may_let_it_go_on_when_the_client_says_so(shelf: Shelf, reader: Reader) -> None:
    stop(reader, shelf.consent_id)
    perform(shelf.county.clinician, [ResumeConsent(referral_id=shelf.referral_id, consent_id=shelf.consent_id)])
    assert {each["name"] for each in reader.open().fields if each.get("name") == "stop"} == {"stop"}
    assert open_referral(shelf.county.detox_intake, shelf.referral_id).sections


def test_a_stop_pressed_twice_is_one(shelf: Shelf, reader: Reader) -> None:
    ticket = reader.open().value("ticket")
    for _ in range(3):
        assert stop(reader, shelf.consent_id, ticket=ticket).status == 200
    assert ConsentTerms.objects.filter(standing="held").count() == 1


@pytest.mark.parametrize("consent", ["", "x", "00000000-0000-4000-8000-000000000001"])
def test_what_is_not_in_the_book_cannot_be_stopped_from_it(shelf: Shelf, reader: Reader, consent: str) -> None:
    ticket = reader.open().value("ticket")
    assert reader.post(ticket=ticket, stop=consent).status == 409
    assert terms().standing.value == "active"


def test_a_paper_another_agency_keeps_is_not_in_this_book(shelf: Shelf, reader: Reader) -> None:
    data = consent_in(shelf.referral_id, discloser="detox", to=["bhu"], parts=["contact", "sud"])
    perform(shelf.county.detox_intake, [AddSection(referral_id=shelf.referral_id, data=data, at_least=Compartment.SUD)])
    theirs = terms().consent
    assert theirs != shelf.consent_id
    assert str(theirs) not in reader.open().html
    assert stop(reader, theirs).status == 409


def test_the_book_is_read_in_spanish_too_and_changes_without_asking_again(reader: Reader) -> None:
    spanish = reader.post(ticket=reader.open().value("ticket"), lang="en", switch="es")
    assert (spanish.status, 'html lang="es"' in spanish.html) == (200, True)
    assert "A quién se le habló de usted" in spanish.text
    assert "Who was told" not in spanish.text
    assert page(reader.client.get("/r/?lang=es")).text.count("Código") == 1
    assert 'html lang="en"' in page(reader.client.get("/r/?lang=km")).html


def test_reading_is_recorded_and_so_is_failing_to(shelf: Shelf, reader: Reader) -> None:
    seen, slip = seen_events(), f"Slip/{reader.slip.id}"
    reader.open(), reader.open(pin=reader.wrong_pin), reader.open(code="BCDF-GHJK")
    assert new_events(seen) == [
        ("receipt.read", f"Referral/{shelf.referral_id}", slip, "0", ""),
        ("receipt.read", slip, "Person/unknown", "4", "SHUT"),
        ("receipt.read", "Door/receipt", "Person/unknown", "4", "SHUT"),
    ]


def test_terms_changed_by_hand_are_an_alarm_and_show_nothing(shelf: Shelf, reader: Reader) -> None:
    seen = seen_events()
    ConsentTerms.objects.update(terms=b"{}")
    shown = reader.open()
    assert (shown.status, "This cannot be shown now" in shown.text) == (409, True)
    assert new_events(seen)[-1][3:] == ("8", "SEAL_BROKEN")


def test_every_answer_is_uncached_strict_and_needs_a_csrf_token(reader: Reader) -> None:
    typed = {"code": reader.slip.code, "pin": reader.slip.pin}
    for answer in (reader.client.get("/r/"), reader.client.post("/r/", typed), reader.client.post("/r/", {})):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert no_external(answer.content.decode()) == []
        shown = page(answer)
        assert 'href="tel:911"' in shown.html
        assert 'href="tel:988"' in shown.html
        assert 'rel="noreferrer noopener"' in shown.html
        assert shown.html.count("<h1") == 1
    assert Client(enforce_csrf_checks=True).post("/r/", typed).status_code == 403
    assert [getattr(reader.client, method)("/r/").status_code for method in ("put", "delete")] == [405] * 2
    assert reader.client.get("/r/", typed).content.decode().count(reader.slip.code) == 0


def test_cookies_and_log_lines_hold_nothing_of_the_slip_or_the_referral(
    shelf: Shelf, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    formatter = logs.formatter()
    monkeypatch.setattr(logging.Logger, "isEnabledFor", lambda _logger, _level: True)
    monkeypatch.setattr(logging.Logger, "callHandlers", lambda _logger, record: kept.append(formatter.format(record)))
    reader.look(), reader.open(pin="1"), stop(reader, shelf.consent_id)
    lines = "\n".join(kept)
    assert '"route": "r/"' in lines
    slip = reader.slip
    hidden = (*CANARIES, slip.code, slip.code.replace("-", ""), str(shelf.referral_id), str(shelf.consent_id))
    assert [word for word in hidden if word in lines] == []
    assert re.search(rf"(?<![0-9a-f.]){slip.pin}(?![0-9a-f])", lines) is None  # but in an id, or a moment's fraction
    assert reader.client.cookies.keys() <= {"csrftoken"}


def test_every_field_has_a_label_and_every_hint_is_there(reader: Reader) -> None:
    for shown in (reader.look(), reader.open(pin="1"), reader.open()):
        for each in shown.fields:
            if each["tag"] == "input" and each.get("type") != "hidden":
                assert f'for="{each["id"]}"' in shown.html
            assert set(each.get("aria-describedby", "").split()) <= shown.ids
        assert all(link[1:] in shown.ids for link in shown.links if link.startswith("#"))


def test_the_address_of_an_agency_that_has_none_is_left_out(shelf: Shelf, reader: Reader) -> None:
    Agency.objects.filter(slug="bhu").update(address="", phone="")
    assert "How to reach us Bhu That you looked" in reader.open().text
