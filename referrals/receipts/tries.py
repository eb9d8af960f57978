"""Five tries an hour for each code, whether it is one or not: counted in one statement, before the PIN is looked at."""

from datetime import datetime, timedelta
from functools import cache

from django.contrib.auth.hashers import check_password, make_password
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import F

from .models import TRIES, PinTries

HOUR = timedelta(hours=1)
HASHER = "scrypt"

# The count stops at a thousand, so that it never outgrows its column, however long somebody hammers.
COUNT = """
INSERT INTO receipts_pintries (code_hash, tries, until) VALUES (%s, 1, %s)
ON CONFLICT (code_hash) DO UPDATE SET
    tries = CASE WHEN receipts_pintries.until <= %s THEN 1
        WHEN receipts_pintries.tries < 1000 THEN receipts_pintries.tries + 1 ELSE 1000 END,
    until = CASE WHEN receipts_pintries.until <= %s THEN EXCLUDED.until ELSE receipts_pintries.until END
RETURNING tries
"""


def take(code_hash: str, *, at: datetime) -> bool:
    """Count one try at a code. ``False`` when it is one too many within the hour."""
    connection = connections[DEFAULT_DB_ALIAS]
    now, until = (connection.ops.adapt_datetimefield_value(moment) for moment in (at, at + HOUR))
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [code_hash, until, now, now])
        (counted,) = cursor.fetchone()
    return bool(counted <= TRIES)


def give_back(code_hash: str) -> None:
    """The PIN was right: that try counts for nothing."""
    PinTries.objects.filter(pk=code_hash, tries__gt=0).update(tries=F("tries") - 1)


def forget_over(*, at: datetime) -> int:
    """Drop counts whose hour is over; returns how many. Safe to run twice."""
    return PinTries.objects.filter(until__lte=at).delete()[0]


def hash_pin(pin: str) -> str:
    """What is kept of a PIN: slow, and salted."""
    return make_password(pin, hasher=HASHER)


def is_pin(typed: str, pin_hash: str | None) -> bool:
    """Whether this is the PIN. With no slip to compare with it takes as long, and is never."""
    digits = "".join(letter for letter in typed if letter.isascii() and letter.isdecimal())
    nobodys = _nobodys()
    return check_password(digits, pin_hash or nobodys) and pin_hash is not None


@cache
def _nobodys() -> str:
    return hash_pin("no PIN is a word")
