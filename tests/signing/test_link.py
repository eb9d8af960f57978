"""The link: what it shows before the code, who it turns away, and that it says nothing to whoever looks on."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from agencies.models import Agency
from agencies.services import end_membership
from bhu import logs
from referrals.signing import asking
from referrals.signing.errors import LinkDead, NothingWaiting
from referrals.signing.models import SigningRequest, State
from tests.county import CANARIES, SETUP
from tests.legal.town import refused
from tests.signing.desk import SIGNATURE, Desk, Phone, new_events, no_external, page, seen_events

# What nobody who looks over a shoulder may read: the client, the agencies, and what this is about.
TELLING = (
    *CANARIES,
    SIGNATURE,
    "Bhu",
    "Detox",
    "Clinic",
    "treatment",
    "drug",
    "alcohol",
    "health",
    "consent",
    "sharing",
)
STRANGE = "A" * 43


def telling(text: str) -> list[str]:
    return [word for word in TELLING if re.search(re.escape(word), text, re.IGNORECASE)]


def request_of(phone: Phone) -> SigningRequest:
    return SigningRequest.objects.get(pk=phone.link.id)


def same(html: str) -> str:
    """A page without what is random in it."""
    return re.sub(r'(csrfmiddlewaretoken" value|action)="[^"]*"', "", html)


def test_looking_at_a_link_asks_nothing_of_the_database_and_every_link_looks_alike(
    desk: Desk, phone: Phone, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        known, strange = phone.look(), page(phone.client.get(f"/s/{STRANGE}?lang=en"))
    assert (known.status, strange.status) == (200, 200)
    assert same(known.html) == same(strange.html)


def test_nothing_before_the_code_says_what_it_is_about(desk: Desk, phone: Phone) -> None:
    shown = phone.look()
    assert telling(f"{phone.link.path} {phone.link.message} {shown.title} {shown.text}") == []
    assert phone.link.code not in phone.link.message
    assert re.fullmatch(r"/s/[A-Za-z0-9_-]{43}\?lang=en", phone.link.path)
    assert re.fullmatch(r"[0-9]{6}", phone.link.code)
    wrong, dead = phone.say("0"), page(phone.client.post(f"/s/{STRANGE}", {"step": "open", "code": "1"}))
    assert telling(f"{wrong.title} {wrong.text} {dead.title} {dead.text}") == []


def test_no_title_says_what_it_is_about_on_any_page(desk: Desk, phone: Phone) -> None:
    titles = [phone.look().title, phone.say("0").title, phone.say().title, phone.sign({"step": "sign"}).title]
    titles += [phone.sign(desk.filled()).title, phone.say().title]
    assert titles == [
        "Your page",
        "Error: Your page",
        "Read and sign",
        "Error: Read and sign",
        "Your page",
        "Your page",
    ]


def test_the_right_code_opens_the_paper_as_often_as_it_is_typed_however_it_is_typed(desk: Desk, phone: Phone) -> None:
    code = phone.link.code
    for typed in (code, f" {code[:3]} {code[3:]} ", f"{code[:3]}-{code[3:]}", *[code] * 7):
        assert phone.say(typed).status == 200
    assert request_of(phone).tries == 0


def test_five_wrong_codes_and_the_link_is_dead_even_for_the_right_one(desk: Desk, phone: Phone) -> None:
    wrong = "000000" if phone.link.code != "000000" else "111111"
    tried = [phone.say(wrong) for _ in range(5)]
    assert [each.status for each in tried] == [403] * 5
    assert [re.findall(r"You can try (\d) more", each.text) for each in tried] == [["4"], ["3"], ["2"], ["1"], ["0"]]
    sixth = phone.say()
    assert (sixth.status, "Zwillinger" in sixth.html) == (404, False)
    assert request_of(phone).tries == 5


def test_a_ticket_of_the_right_code_is_worth_nothing_once_the_link_is_dead(desk: Desk, phone: Phone) -> None:
    ticket = phone.say().value("ticket")
    for _ in range(5):
        phone.say("1")
    for typed in (desk.filled(), {"step": "no"}, {"switch": "es"}, {"step": "read"}):
        assert phone.post(ticket=ticket, **typed).status == 404


def dead_unknown(desk: Desk, phone: Phone) -> None:
    SigningRequest.objects.filter(pk=phone.link.id).delete()


def dead_expired(desk: Desk, phone: Phone) -> None:
    past = timezone.now() - timedelta(days=2)
    SigningRequest.objects.filter(pk=phone.link.id).update(created_at=past, expires_at=past + timedelta(days=1))


def dead_used(desk: Desk, phone: Phone) -> None:
    assert phone.sign(desk.filled()).status == 200


def dead_declined(desk: Desk, phone: Phone) -> None:
    assert phone.sign({"step": "no"}).status == 200


def dead_withdrawn(desk: Desk, phone: Phone) -> None:
    asking.withdraw_link(desk.county.coordinator, phone.link.id)


def dead_member(desk: Desk, phone: Phone) -> None:
    end_membership(by=SETUP, membership_id=desk.county.clinician.membership_id)


ENDS = [dead_unknown, dead_expired, dead_used, dead_declined, dead_withdrawn, dead_member]


@pytest.mark.parametrize("end", ENDS)
def test_a_link_that_is_over_is_one_answer_to_every_step(desk: Desk, phone: Phone, end: Any) -> None:
    ticket = phone.say().value("ticket")
    end(desk, phone)
    answers = [phone.say(), phone.post(ticket=ticket, **desk.filled()), phone.post(ticket=ticket, step="no")]
    answers.append(phone.post(ticket=ticket, switch="es", lang="en"))
    assert [each.status for each in answers] == [404] * 4
    strange = page(phone.client.post(f"/s/{STRANGE}", {"step": "open", "code": "123456"}))
    assert {same(each.html) for each in answers[:3]} == {same(strange.html)}
    assert all("Zwillinger" not in each.html for each in answers)


def test_a_link_that_was_used_is_no_alarm(desk: Desk, phone: Phone) -> None:
    ticket, link = phone.say().value("ticket"), f"SigningRequest/{phone.link.id}"
    phone.post(ticket=ticket, **desk.filled())
    seen = seen_events()
    phone.say(), phone.post(ticket=ticket, step="read")
    assert new_events(seen) == [("consent.read", link, "Person/unknown", "4", "GONE")] * 2


def test_a_link_ends_by_itself_after_a_day_and_no_sooner(desk: Desk) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False) as clock:
        phone = Phone(desk.ask())
        clock.shift(timedelta(hours=23, minutes=59))
        assert phone.say().status == 200
        clock.shift(timedelta(minutes=1))
        assert phone.say().status == 404


def test_a_ticket_opens_its_own_link_and_no_other(desk: Desk, phone: Phone) -> None:
    other = Phone(desk.ask())
    ticket = other.say().value("ticket")
    for taken in (ticket, "", "forged", ticket[:-1] + ("A" if ticket[-1] != "A" else "B"), str(phone.link.id)):
        assert phone.post(ticket=taken, **desk.filled()).status == 404
    assert request_of(phone).state == State.WAITING


@pytest.mark.parametrize("token", ["", "x", "A" * 42, "A" * 44, "é" * 43, "../../etc", "A" * 5000, "%00" * 5])
def test_what_is_no_link_at_all_is_turned_away_quietly(desk: Desk, phone: Phone, token: str) -> None:
    answer = phone.client.post(f"/s/{token}", {"step": "open", "code": "123456"})
    assert answer.status_code == 404


def test_a_link_is_withdrawn_once_by_its_own_agency(desk: Desk, phone: Phone) -> None:
    assert type(refused(asking.withdraw_link, desk.county.detox_intake, phone.link.id)) is NothingWaiting
    assert refused(asking.withdraw_link, desk.county.admin, phone.link.id).code == "ROLE"
    asking.withdraw_link(desk.county.coordinator, phone.link.id)
    assert type(refused(asking.withdraw_link, desk.county.coordinator, phone.link.id)) is NothingWaiting


def test_every_answer_is_uncached_strict_and_in_the_language_it_says(desk: Desk, phone: Phone) -> None:
    for answer in (phone.client.get(phone.address), phone.client.post(phone.address, {"step": "open", "code": "1"})):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Content-Language"] == "en"
        assert no_external(answer.content.decode()) == []


def test_pages_need_a_csrf_token_and_take_no_other_method(desk: Desk, phone: Phone) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(phone.address, {"step": "open", "code": phone.link.code}).status_code == 403
    assert [getattr(phone.client, method)(phone.address).status_code for method in ("put", "delete")] == [405] * 2


def test_cookies_and_log_lines_hold_nothing_of_the_client_or_the_link(
    desk: Desk, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    formatter = logs.formatter()
    monkeypatch.setattr(logging.Logger, "isEnabledFor", lambda _logger, _level: True)
    monkeypatch.setattr(logging.Logger, "callHandlers", lambda _logger, record: kept.append(formatter.format(record)))
    phone.look(), phone.say("1"), phone.sign({"step": "sign"}), phone.sign(desk.filled()), phone.say()
    lines = "\n".join(kept)
    assert '"route": "s/<str:token>"' in lines
    token = phone.link.path[3:46]
    hidden = (*CANARIES, SIGNATURE, token, str(desk.referral_id), desk.reference)
    assert [word for word in hidden if word in lines] == []
    assert re.search(rf"(?<![0-9a-f.]){phone.link.code}(?![0-9a-f])", lines) is None  # but in an id, or a moment
    cookies = {name: morsel.value for name, morsel in phone.client.cookies.items()}
    assert cookies.keys() <= {"csrftoken"}
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", value) for value in cookies.values())


def test_the_log_names_the_link_and_no_member_where_the_client_read_or_failed(desk: Desk, phone: Phone) -> None:
    seen, link = seen_events(), f"SigningRequest/{phone.link.id}"
    phone.say("1"), phone.say()
    page(phone.client.post(f"/s/{STRANGE}", {"step": "open", "code": "1"}))
    assert new_events(seen) == [
        ("consent.read", link, "Person/unknown", "4", "WRONG_CODE"),
        ("consent.read", link, link, "0", ""),
        ("consent.read", "Door/signing", "Person/unknown", "4", "GONE"),
    ]


def test_the_one_answer_is_one_class() -> None:
    assert (LinkDead().code, str(LinkDead())) == ("GONE", str(LinkDead()))


def test_a_link_of_an_agency_in_a_state_without_rules_is_dead(desk: Desk, phone: Phone) -> None:
    Agency.objects.filter(slug="bhu").update(state="NH")
    seen = seen_events()
    assert phone.say().status == 404
    assert [event[3:] for event in new_events(seen)] == [("4", "STATE_PACK")]
