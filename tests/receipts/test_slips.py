"""Slips of the receipt book: what stands on one, who makes one, how long it is good, and that none is sent unsafe."""

import re
from datetime import timedelta

import pytest
import time_machine

from agencies.roles import Role
from referrals.receipts import slips
from referrals.receipts.errors import NoSuchSlip
from referrals.receipts.models import Slip
from tests.legal.town import refused
from tests.receipts.shelf import Reader, Shelf, telling


def test_a_slip_is_a_code_and_a_pin_and_names_no_program(shelf: Shelf) -> None:
    with time_machine.travel("2031-01-14T12:00:00Z"):
        made = shelf.slip()
    assert re.fullmatch(r"[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}", made.code)
    assert re.fullmatch(r"[0-9]{6}", made.pin)
    text = made.text(site="https://page.example.org")
    assert text.splitlines() == [
        "Go to https://page.example.org/r/",
        f"Code: {made.code}",
        f"PIN: {made.pin}",
        "Good until 2031-04-13",  # ninety days on it ends at noon
    ]
    assert telling(text) == []
    assert made.pin not in repr(made)
    assert made.code not in repr(made)


@pytest.mark.parametrize(
    ("made_at", "day"),
    [
        ("2031-01-15T02:00:00Z", "2031-01-23"),  # ends on the 24th, nine in the evening in New York
        ("2031-01-15T04:59:59Z", "2031-01-23"),  # ends a second before the 24th is over
        ("2031-01-15T05:00:00Z", "2031-01-24"),
        ("2031-01-15T12:00:00Z", "2031-01-24"),
    ],
)
def test_a_slip_is_good_for_the_whole_of_the_day_it_names(shelf: Shelf, made_at: str, day: str) -> None:
    with time_machine.travel(made_at, tick=False):
        made = shelf.slip(lasts=timedelta(days=10))
        renewed = slips.renew(shelf.county.coordinator, made.id, lasts=timedelta(days=10))
    assert made.text(site="").splitlines()[-1] == f"Good until {day}"
    assert renewed.isoformat() == day


def test_that_messages_are_not_safe_is_written_down_and_the_slip_is_handed_over(shelf: Shelf) -> None:
    made = shelf.slip(safe_to_message=False)
    assert made.pin in made.text(site="")
    assert Slip.objects.get(pk=made.id).safe_to_message is False


def test_who_may_make_a_slip_is_who_may_ask_for_an_accounting_and_works_on_it(shelf: Shelf) -> None:
    said = {}
    for role, actor in shelf.roles.items():
        try:
            slips.make_slip(actor, shelf.referral_id, safe_to_message=True)
            said[role] = "yes"
        except Exception as refusal:  # noqa: BLE001  its code is looked at
            said[role] = refusal.code  # type: ignore[attr-defined]
    assert {role for role, each in said.items() if each == "yes"} == {Role.CLINICIAN, Role.COORDINATOR}
    assert refused(slips.make_slip, shelf.county.officer, shelf.referral_id, safe_to_message=True).code == "ROLE"
    assert refused(slips.make_slip, shelf.county.outsider, shelf.referral_id, safe_to_message=True).code == "NOT_FOUND"


@pytest.mark.parametrize("days", [0, 366])
def test_a_slip_lasts_ninety_days_unless_renewed_and_a_year_at_most(shelf: Shelf, days: int) -> None:
    reader = Reader(shelf.slip())
    assert "lasts" in str(refused(slips.renew, shelf.county.coordinator, reader.slip.id, lasts=timedelta(days=days)))
    with time_machine.travel(reader.slip.expires_at - timedelta(minutes=1), tick=False):
        assert reader.open().status == 200
    with time_machine.travel(reader.slip.expires_at, tick=False):
        assert reader.open().status == 403
        slips.renew(shelf.county.clinician, reader.slip.id)
        assert reader.open().status == 200
        assert refused(slips.renew, shelf.detox_privacy, reader.slip.id).code == "NOT_FOUND"


def test_a_lost_slip_is_ended_for_good(shelf: Shelf, reader: Reader) -> None:
    ticket = reader.open().value("ticket")
    assert type(refused(slips.end, shelf.detox_privacy, reader.slip.id)) is NoSuchSlip
    assert refused(slips.end, shelf.roles[Role.COACH], reader.slip.id).code == "ROLE"
    assert [each.id for each in slips.of_referral(shelf.county.clinician, shelf.referral_id)] == [reader.slip.id]
    slips.end(shelf.county.clinician, reader.slip.id)
    assert [reader.open().status, reader.post(ticket=ticket).status] == [403, 403]
    assert slips.of_referral(shelf.county.clinician, shelf.referral_id) == []
    for again in (slips.end, slips.renew):
        assert type(refused(again, shelf.county.clinician, reader.slip.id)) is NoSuchSlip
