"""Five tries in fifteen minutes: counted before the password is looked at, for all processes together.

A try is counted for the account (whether there is one or not, so that nobody learns which) and for the network
address. Who proves to be the person is given the try back; who does not is locked out for fifteen minutes.
"""

import time
from collections.abc import Mapping
from types import MappingProxyType

from django.db import connection
from django.db.models import F
from django.utils.crypto import salted_hmac

from .models import Spent, Tries

PERIOD = 15 * 60
ACCOUNT, CODE, ADDRESS, MAIL = "account", "code", "address", "mail"
MOST: Mapping[str, int] = MappingProxyType({ACCOUNT: 5, CODE: 5, ADDRESS: 60, MAIL: 3})
"""How many wrong ones of each kind. A whole station may stand behind one address."""

# The one that is too many begins the fifteen minutes anew; those after it do not, and stop counting far below overflow.
COUNT = """
INSERT INTO signin_tries AS kept (bucket, count, until) VALUES (%(bucket)s, 1, %(until)s)
ON CONFLICT (bucket) DO UPDATE SET
    count = CASE WHEN kept.until <= %(now)s THEN 1 WHEN kept.count < 1000 THEN kept.count + 1 ELSE 1000 END,
    until = CASE WHEN kept.until <= %(now)s OR kept.count = %(last)s THEN excluded.until ELSE kept.until END
RETURNING count, until
"""
SPEND = "INSERT INTO signin_spent (code, until) VALUES (%s, %s) ON CONFLICT (code) DO NOTHING RETURNING code"


class Locked(Exception):
    """Too many tries. ``until`` is when the next one counts (seconds since 1970); ``first`` is true once a lock."""

    def __init__(self, kind: str, *, until: int, first: bool) -> None:
        super().__init__(kind)
        self.kind, self.until, self.first = kind, until, first


def take(kind: str, whose: str) -> None:
    """Count one try of ``whose``. Raises ``Locked``, and then nothing may be looked at."""
    now = int(time.time())
    most = MOST[kind]
    asked: dict[str, str | int] = {"bucket": _bucket(kind, whose), "now": now, "until": now + PERIOD, "last": most - 1}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, asked)
        count, until = cursor.fetchone()
    if count > most:
        raise Locked(kind, until=until, first=count == most + 1)


def give_back(kind: str, whose: str) -> None:
    """It was right: that try counts for nothing."""
    Tries.objects.filter(pk=_bucket(kind, whose), count__gt=0).update(count=F("count") - 1)


def spend(code: str, *, whose: str, seconds: int) -> bool:
    """Use a one-time code up. ``False`` if it was used before."""
    now = int(time.time())
    Spent.objects.filter(pk=_bucket("spent", f"{whose}/{code}"), until__lte=now).delete()
    with connection.cursor() as cursor:
        cursor.execute(SPEND, [_bucket("spent", f"{whose}/{code}"), now + seconds])
        return cursor.fetchone() is not None


def forget_over(*, now: int) -> int:
    """Drop what is over; returns how many rows. Safe to run twice."""
    return sum(model.objects.filter(until__lte=now).delete()[0] for model in (Tries, Spent))


def _bucket(kind: str, whose: str) -> str:
    """A keyed hash: somebody may have typed a password where the address goes."""
    return salted_hmac("bhu.signin.tries", f"{kind}/{whose.strip().lower()}", algorithm="sha256").hexdigest()
