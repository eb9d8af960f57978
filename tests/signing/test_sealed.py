"""What a link leaves in the database: nothing that opens without it, and nothing once it is over."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.hashers import identify_hasher
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from agencies.vault import seal
from agencies.vault.errors import CannotOpen
from agencies.vault.shred import secrets
from bhu.celery import CLOCK
from referrals.signing import links, standing, tasks
from referrals.signing.links import open_content
from referrals.signing.models import OralYes, SigningRequest
from tests.county import CANARIES
from tests.integrity.test_canaries import found_in, raw
from tests.signing.desk import SIGNATURE, Desk, Phone

TABLES = ("signing_signingrequest", "signing_oralyes")


def everything_in(table: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        return b"\n".join(raw(value) for row in cursor.fetchall() for value in row)


def token_of(phone: Phone) -> bytes:
    token = links.read_token(phone.link.path[3:46])
    assert token is not None
    return token


def test_no_column_holds_a_word_about_the_client_the_link_or_the_code(desk: Desk, phone: Phone) -> None:
    standing.record_oral(desk.county.clinician, desk.referral_id, paper="tpo")
    words = (*CANARIES, SIGNATURE, "2007-05-11", "1 Mill Lane", "Detox", phone.link.path[3:46], token_of(phone).hex())
    for signed in (False, True):
        if signed:
            phone.sign(desk.filled())
        assert {table: found for table in TABLES if (found := found_in(everything_in(table), words))} == {}
    assert found_in(everything_in(TABLES[0]), (str(phone.link.id).replace("-", ""), str(phone.link.id)))
    assert phone.link.code.encode() not in everything_in(TABLES[0])


def test_the_code_is_hashed_slowly() -> None:
    assert identify_hasher(links.hash_code("123456")).algorithm == "scrypt"


def test_what_is_sealed_opens_with_the_link_alone(desk: Desk, phone: Phone) -> None:
    row = SigningRequest.objects.get()
    assert open_content(row, token_of(phone)).sheet.client == "Ottilie Zwillinger"
    for other in (seal.new_key(), bytes(32), bytes.fromhex(row.token_hash)):
        with pytest.raises(CannotOpen):
            open_content(row, other)


def test_shredding_the_referral_shreds_what_its_links_hold(desk: Desk, phone: Phone) -> None:
    secrets.shred(desk.referral_id)
    assert phone.say().status == 404


@pytest.mark.parametrize(
    "change",
    [
        lambda desk: {"method": "on_screen"},
        lambda desk: {"paper": "tpo"},
        lambda desk: {"expires_at": timezone.now() + timedelta(days=300)},
        lambda desk: {"agency": desk.county.detox},
        lambda desk: {"membership_id": desk.county.coordinator.membership_id},
    ],
)
def test_a_column_changed_by_hand_makes_the_link_worthless(desk: Desk, phone: Phone, change: Any) -> None:
    SigningRequest.objects.update(**change(desk))
    assert phone.say().status == 404
    with pytest.raises(CannotOpen):
        open_content(SigningRequest.objects.get(), token_of(phone))


def test_the_clock_rings_for_links_that_are_over(desk: Desk, phone: Phone) -> None:
    assert CLOCK["referrals.signing.tasks.sweep"] == 3600
    with time_machine.travel(phone.link.expires_at, tick=False):
        tasks.sweep()
    assert bytes(SigningRequest.objects.get().sealed) == b""


def test_a_link_that_is_over_keeps_nothing(desk: Desk, phone: Phone) -> None:
    other = Phone(desk.ask())
    assert links.forget_expired(at=timezone.now()) == 0
    assert links.forget_expired(at=phone.link.expires_at) == 1
    assert links.forget_expired(at=other.link.expires_at) == 1
    assert links.forget_expired(at=other.link.expires_at) == 0
    assert {bytes(row.sealed) for row in SigningRequest.objects.all()} == {b""}


@pytest.mark.parametrize(
    "change",
    [
        {"tries": 6},
        {"state": "signed"},
        {"state": "maybe"},
        {"method": "by_pigeon"},
        {"consent": uuid4()},
        {"ended_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(days=400)},
    ],
)
def test_the_database_too_refuses_a_row_that_cannot_be(desk: Desk, phone: Phone, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningRequest.objects.update(**change)


def test_a_to_do_that_is_signed_has_ended(desk: Desk) -> None:
    standing.record_oral(desk.county.clinician, desk.referral_id, paper="named")
    with pytest.raises(IntegrityError), transaction.atomic():
        OralYes.objects.update(consent=uuid4())
