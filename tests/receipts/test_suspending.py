"""What the police asked to keep from a client for a while: hidden, seen by the privacy officer, back by itself."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agencies.roles import Role
from fhir.content import validate
from referrals.legal import services as legal
from referrals.legal.kinds import Paper
from referrals.models import Disclosure
from referrals.receipts import accounting as receipts
from referrals.receipts.accounting import accounting, suspend
from referrals.receipts.models import Suspension
from tests.legal.town import SENDER, SUBJECT, hours_ago, refused
from tests.receipts.shelf import Reader, Shelf
from tests.signing.desk import new_events, seen_events


@pytest.fixture
def given(shelf: Shelf) -> Disclosure:
    """The BHU told a police department something, on a court's order."""
    return shelf.gave("other-police", timezone.now(), basis="court_order", purpose="HLEGAL", consent=None)


def seen_by(shelf: Shelf, *, for_client: bool = True) -> bool:
    report = accounting(shelf.privacy, referrals=[shelf.referral_id], for_client=for_client)
    return "Other-Police" in [row.recipient for row in report.rows]


def test_what_is_suspended_is_hidden_from_the_client_and_not_from_the_privacy_officer_and_comes_back(
    shelf: Shelf, given: Disclosure
) -> None:
    reader, until = Reader(shelf.slip()), timezone.now() + timedelta(days=20)
    assert "Other-Police" in reader.open().text
    suspend(shelf.privacy, given.id, until=until, written=False)
    client = accounting(shelf.county.coordinator, referrals=[shelf.referral_id])
    assert "Other-Police" not in [row.recipient for row in client.rows]
    assert "Other-Police" not in reader.open().text
    whole = accounting(shelf.privacy, referrals=[shelf.referral_id], for_client=False)
    assert [row.kept_until for row in whole.rows if row.recipient == "Other-Police"] == [until]
    with time_machine.travel(until - timedelta(minutes=1), tick=False):
        assert not seen_by(shelf)
    with time_machine.travel(until, tick=False):
        assert seen_by(shelf)
        assert "Other-Police" in reader.open().text
        back = accounting(shelf.privacy, referrals=[shelf.referral_id], for_client=False)
        assert {row.kept_until for row in back.rows} == {None}


@pytest.mark.parametrize(
    ("days", "written", "taken"),
    [
        (29, False, True),
        (31, False, False),
        (31, True, True),
        (3000, True, True),
        (4000, True, False),
        (-1, True, False),
    ],
)
def test_what_was_only_said_counts_for_thirty_days_at_most(
    shelf: Shelf, given: Disclosure, days: int, written: bool, taken: bool
) -> None:
    until = timezone.now() + timedelta(days=days)
    if taken:
        suspend(shelf.privacy, given.id, until=until, written=written)
    else:
        assert "until" in str(refused(suspend, shelf.privacy, given.id, until=until, written=written))
    assert Suspension.objects.count() == int(taken)


def test_a_suspension_needs_a_zone_and_lies_ahead_in_the_database_too(shelf: Shelf, given: Disclosure) -> None:
    naive = (timezone.now() + timedelta(days=2)).replace(tzinfo=None)
    assert "time zone" in str(refused(suspend, shelf.privacy, given.id, until=naive, written=True))
    suspend(shelf.privacy, given.id, until=timezone.now() + timedelta(days=2), written=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Suspension.objects.update(until=timezone.now() - timedelta(days=400))


def test_the_longest_of_several_suspensions_counts(shelf: Shelf, given: Disclosure) -> None:
    now = timezone.now()
    for days in (5, 25, 10):
        suspend(shelf.privacy, given.id, until=now + timedelta(days=days), written=False)
    with time_machine.travel(now + timedelta(days=24), tick=False):
        assert not seen_by(shelf)
    with time_machine.travel(now + timedelta(days=26), tick=False):
        assert seen_by(shelf)


def test_only_the_privacy_officer_of_who_told_and_only_what_was_told_to_police(shelf: Shelf, given: Disclosure) -> None:
    soon = timezone.now() + timedelta(days=2)

    def said(actor: Any, disclosure_id: UUID) -> str:
        return refused(suspend, actor, disclosure_id, until=soon, written=True).code

    for role, actor in shelf.roles.items():
        if role is not Role.PRIVACY_OFFICER:
            assert said(actor, given.id) == "ROLE"
    assert said(shelf.detox_privacy, given.id) == "NOT_FOUND"
    assert said(shelf.privacy, uuid4()) == "NOT_FOUND"
    to_detox = Disclosure.objects.filter(discloser=shelf.county.bhu, recipient=shelf.county.detox).first()
    assert to_detox is not None
    no_police = refused(suspend, shelf.privacy, to_detox.id, until=soon, written=True)
    assert (no_police.code, str(no_police)) == ("INVALID", "disclosure: must be one to a police unit")
    assert not Suspension.objects.exists()


def test_a_suspension_is_recorded_by_ids(shelf: Shelf, given: Disclosure) -> None:
    seen = seen_events()
    made = suspend(shelf.privacy, given.id, until=timezone.now() + timedelta(days=2), written=True)
    target = f"Referral/{shelf.referral_id}"
    assert new_events(seen) == [("accounting.suspend", target, shelf.privacy.name, "0", f"Suspension/{made}")]


def by_hand(shelf: Shelf, **more: Any) -> None:
    """The privacy officer gave something out on a court's order, on paper."""
    request = legal.register_request(
        shelf.privacy, kind=Paper.COURT_ORDER, subject=SUBJECT, sender=SENDER, received_at=hours_ago(24)
    )
    legal.record_by_hand(
        shelf.privacy,
        request.id,
        **(
            {
                "to": "Merrow District Court",
                "at": hours_ago(1),
                "parts": ["contact"],
                "under": "Order of 2026-11-20",
                "referral": str(shelf.referral_id),
            }
            | more
        ),
    )


def test_what_was_given_out_on_paper_is_opened_for_the_privacy_officer_and_told_of_to_others(shelf: Shelf) -> None:
    by_hand(shelf)
    report = accounting(shelf.privacy, referrals=[shelf.referral_id])
    (row,) = [row for row in report.rows if row.recipient_id is None]
    assert (row.recipient, row.under, row.basis) == ("Merrow District Court", "Order of 2026-11-20", "court_order")
    assert not report.more_on_paper
    bundle = receipts.as_fhir(report)
    for entry in bundle["entry"]:
        validate.check(entry["resource"])
    assert "Merrow District Court" in str(bundle)
    client = accounting(shelf.county.coordinator, referrals=[shelf.referral_id])
    assert client.more_on_paper
    assert "Merrow District Court" not in str(client)


def test_the_requests_of_entries_by_hand_come_with_them(shelf: Shelf) -> None:
    by_hand(shelf), by_hand(shelf)
    with CaptureQueriesContext(connection) as asked:
        accounting(shelf.privacy, referrals=[shelf.referral_id])
    assert [each for each in asked if 'FROM "legal_legalrequest"' in each["sql"]] == []
    assert any('JOIN "legal_legalrequest"' in each["sql"] for each in asked)


def test_an_entry_by_hand_that_is_suspended_is_hidden_wherever_it_stands(shelf: Shelf) -> None:
    until = timezone.now() + timedelta(days=10)
    by_hand(shelf, suspended_until=until)
    by_hand(shelf, suspended_until=until, to_agency=shelf.county.other_police.id)  # has a row of the ledger
    client = accounting(shelf.privacy, referrals=[shelf.referral_id])
    assert {row.recipient for row in client.rows} == {"Detox", "Clinic"}
    assert not accounting(shelf.county.coordinator, referrals=[shelf.referral_id]).more_on_paper
    whole = accounting(shelf.privacy, referrals=[shelf.referral_id], for_client=False)
    assert {"Merrow District Court", "Other-Police"} <= {row.recipient for row in whole.rows}
    assert {row.kept_until for row in whole.rows if row.recipient not in ("Detox", "Clinic")} == {until}
    with time_machine.travel(until, tick=False):
        back = accounting(shelf.privacy, referrals=[shelf.referral_id])
        assert {"Merrow District Court", "Other-Police"} <= {row.recipient for row in back.rows}
