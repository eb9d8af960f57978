"""What slips and tries leave in the database, how they count at once, and that a wrong guess takes no telling time."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import ScryptPasswordHasher, identify_hasher
from django.db import connection
from django.utils import timezone

from bhu.celery import CLOCK
from referrals.consents.models import ConsentTerms
from referrals.receipts import accounting, book, slips, tasks, tries
from referrals.receipts.errors import Shut
from referrals.receipts.models import PinTries, Slip
from tests.county import CANARIES
from tests.databases import OwnDatabase
from tests.integrity.test_canaries import found_in, raw
from tests.receipts.shelf import Reader, Shelf, make_shelf
from tests.signing.desk import terms

TABLES = ("receipts_slip", "receipts_pintries", "receipts_suspension")


def everything_in(table: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        return b"\n".join(raw(value) for row in cursor.fetchall() for value in row)


def test_no_column_holds_a_word_about_the_client_a_code_or_a_pin(shelf: Shelf, reader: Reader) -> None:
    row = shelf.gave("other-police", timezone.now())
    accounting.suspend(shelf.privacy, row.id, until=timezone.now() + timedelta(days=3), written=True)
    reader.open(), reader.open(pin="1"), reader.open(code="BCDF-GHJK")
    code = reader.slip.code
    words = (*CANARIES, code, code.replace("-", ""), "BCDFGHJK", "Detox", "Bhu", "Mill Lane")
    assert {table: found for table in TABLES if (found := found_in(everything_in(table), words))} == {}
    assert all(everything_in(table) for table in TABLES)
    kept = Slip.objects.get()
    assert reader.slip.pin not in kept.pin_hash
    assert identify_hasher(kept.pin_hash).algorithm == "scrypt"


def test_a_stolen_database_names_no_code_without_the_installations_secret(shelf: Shelf, settings: object) -> None:
    made = shelf.slip()
    before = slips.hash_of(made.code)
    settings.SECRET_KEY = "another-" + "s" * 50  # type: ignore[attr-defined]
    assert slips.hash_of(made.code) != before


def test_counts_are_dropped_when_their_hour_is_over(shelf: Shelf, reader: Reader) -> None:
    reader.open(pin="1")
    now = timezone.now()
    assert tries.forget_over(at=now) == 0
    assert tries.forget_over(at=now + timedelta(hours=1)) == 1
    assert not PinTries.objects.exists()


def test_the_clock_rings_for_counts_whose_hour_is_over(shelf: Shelf, reader: Reader) -> None:
    assert CLOCK["referrals.receipts.tasks.sweep"] == 3600
    reader.open(pin="1")
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        tasks.sweep()
    assert not PinTries.objects.exists()


def test_a_count_never_outgrows_its_column(shelf: Shelf) -> None:
    now = timezone.now()
    PinTries.objects.create(code_hash="x", tries=999, until=now + timedelta(minutes=5))
    assert [tries.take("x", at=now) for _ in range(3)] == [False] * 3
    assert PinTries.objects.get().tries == 1000


@pytest.mark.parametrize(("before", "looked_at"), [(0, True), (4, True), (5, False), (6, False)])
def test_the_sixth_try_in_an_hour_is_one_too_many(shelf: Shelf, before: int, looked_at: bool) -> None:
    now = timezone.now()
    for _ in range(before):
        tries.take("x", at=now)
    assert tries.take("x", at=now + timedelta(minutes=59)) is looked_at
    assert tries.take("x", at=now + timedelta(minutes=60)) is True  # the hour is over
    assert tries.take("other", at=now) is True


def test_of_many_tries_at_once_five_are_looked_at(own_database: OwnDatabase) -> None:
    shelf = make_shelf()
    reader = Reader(shelf.slip())
    code_hash = slips.hash_of(reader.slip.code)
    looked_at = own_database.together(*[lambda: tries.take(code_hash, at=timezone.now())] * 12)
    assert Counter(looked_at) == {True: 5, False: 7}
    assert reader.open().status == 403


def test_of_two_who_stop_at_once_both_read_that_it_is_stopped(own_database: OwnDatabase) -> None:
    shelf = make_shelf()
    readers = [Reader(shelf.slip()) for _ in range(2)]
    tickets = [reader.open().value("ticket") for reader in readers]
    answers = own_database.together(
        *(
            lambda reader=reader, ticket=ticket: reader.post(ticket=ticket, stop=str(shelf.consent_id))
            for reader, ticket in zip(readers, tickets, strict=True)
        )
    )
    assert [answer.status for answer in answers] == [200, 200]
    assert terms().standing.value == "held"
    assert set(ConsentTerms.objects.values_list("standing", flat=True)) == {"active", "held"}


def shut(code: str, pin: str) -> None:
    with pytest.raises(Shut):
        book.read(code, pin)


def test_one_hash_is_computed_for_every_guess(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes the time is done once, whether there is such a slip, and whether it is shut."""
    reader = Reader(shelf.slip())
    shut("BCDF-GHJK", "1")
    made: list[str] = []
    encode = ScryptPasswordHasher.encode
    monkeypatch.setattr(ScryptPasswordHasher, "encode", lambda self, *a, **k: made.append("") or encode(self, *a, **k))
    counts = []
    for code, pin in [(reader.slip.code, reader.wrong_pin)] * 7 + [("BCDF-GHJK", "1")] * 7:
        made.clear()
        shut(code, pin)
        counts.append(len(made))
    assert set(counts) == {1}
