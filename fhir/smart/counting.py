"""How often somebody may ask: rows with one atomic statement, so that all processes count together.

What a system asks with its token a process books ahead, a few requests by one statement: the rows never say less than
was asked. Those who prove to be a client are counted apart from those who only claim to be it: nobody can use up
another's minute.
"""

import threading
import time
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from .models import Application, RequestCount

PERIOD = 60
GOOD = 60
BAD = 30
STRANGERS = 600
AHEAD = 50
"""The most requests a process books at once; of a small limit a hundredth, so that little lies unused."""

COUNT = """
INSERT INTO smart_requestcount AS kept (bucket, until, count) VALUES (%(bucket)s, %(until)s, %(times)s)
ON CONFLICT (bucket) DO UPDATE SET
    count = CASE WHEN kept.until <= %(now)s THEN excluded.count ELSE kept.count + excluded.count END,
    until = CASE WHEN kept.until <= %(now)s THEN excluded.until ELSE kept.until END
RETURNING count, until
"""


class Booked(NamedTuple):
    """Requests of a client that this process has counted already and not seen yet, and when their minute ends."""

    left: int
    until: int


_booked: dict[str, Booked] = {}
_booking = threading.Lock()


class TooOften(Exception):
    """More than is allowed. ``after`` is how many seconds to wait; ``first`` is true once in each minute."""

    def __init__(self, *, after: int, first: bool) -> None:
        super().__init__(f"Ask again in {after} seconds.")
        self.after, self.first = after, first


def count_good(application: Application) -> None:
    """Count a request of a client that proved to be one. Raises ``TooOften``."""
    _count(f"good/{application.pk}", GOOD)


def count_requests(application: Application, times: int) -> None:
    """Count requests a client made with its token. Raises ``TooOften``; no process books more than is allowed."""
    bucket, now = f"request/{application.client_id}", int(time.time())
    if _take(bucket, now, times):
        return
    most = settings.BHU_REQUESTS_PER_MINUTE
    ahead = max(times, min(AHEAD, most // 100))
    count, until = _counted(bucket, now, ahead)
    granted = max(0, ahead - max(0, count - most))
    with _booking:
        before = _booked.get(bucket)
        left = granted + (before.left if before is not None and before.until == until else 0)
        enough = left >= times
        _booked[bucket] = Booked(left - times if enough else left, until)
    if not enough:  # what is left is for whoever asks for less
        raise TooOften(after=max(1, until - now), first=first_this_minute(bucket))


def _take(bucket: str, now: int, times: int) -> bool:
    """Whether so many of this minute are booked already; then they are used up."""
    with _booking:
        booked = _booked.get(bucket)
        if booked is None or booked.until <= now or booked.left < times:
            return False
        _booked[bucket] = booked._replace(left=booked.left - times)
    return True


def count_bad(application: Application | None) -> None:
    """Count a request that was refused, of whoever claimed to be this client, or nobody known. Raises ``TooOften``."""
    if application is None:
        _count("strangers", STRANGERS)
    else:
        _count(f"bad/{application.pk}", BAD)


def first_this_minute(what: str) -> bool:
    """Count one more of ``what``, and say whether it is the first of its minute."""
    return _counted(f"first/{what}", int(time.time()))[0] == 1


def _count(bucket: str, most: int) -> None:
    now = int(time.time())
    count, until = _counted(bucket, now)
    if count > most:
        raise TooOften(after=max(1, until - now), first=count - 1 <= most)


def _counted(bucket: str, now: int, times: int = 1) -> tuple[int, int]:
    """How many there are of ``bucket`` with these, and when its minute ends."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"bucket": bucket, "until": now + PERIOD, "now": now, "times": times})
        count, until = cursor.fetchone()
    return count, until


def forget_counts(*, now: int) -> int:
    """Delete counts of minutes that are over. Returns how many."""
    deleted, _by_model = RequestCount.objects.filter(until__lte=now).delete()
    return deleted
