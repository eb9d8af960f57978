"""Playing the whole history into the demo network; ended on its way, it goes on where it was."""

import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Min

from agencies.models import Membership
from bhu.demo.network import NotADemo
from bhu.demo.progress import Progress
from bhu.models import DemoMark
from referrals.models import Referral

from . import parts, shares
from .cases import Case, cases
from .courses import course
from .playing import Company, play

WHAT = "Playing eighteen months"
FIRST = 60
"""So many of the newest are made before all others: they are what is on a board."""

HASTY: Mapping[str, tuple[str, str]] = {
    "sqlite": ("PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"),
    "postgresql": ("SET synchronous_commit = off", "RESET synchronous_commit"),
}
"""A power cut may take the last of what was invented, and no more: nothing that was written is damaged by it."""


def load(progress: Progress, *, size: int = shares.REFERRALS, hands: int = 1) -> int:
    """Play what is not there yet of a history of ``size`` referrals that ends when the network was loaded.

    ``hands``: by so many processes at once. Returns how many were made. Raises ``NotADemo`` for a database without the
    demo mark, and while another is loading it.
    """
    with _alone():
        parts.forget_copies()
        mark = _mark()
        if not mark.planned:
            mark.planned = size
            mark.save(update_fields=["planned"])
        missing = left_to_play()

        def tell(made: int) -> None:
            DemoMark.objects.update(begun=mark.planned - len(missing) + made)
            progress.tell(WHAT, made, len(missing))

        here = missing if hands == 1 else missing[:FIRST]
        play_all(here, each=tell)
        if len(missing) > len(here):
            parts.play_rest(hands, each=lambda made: tell(len(here) + made))
        DemoMark.objects.update(begun=mark.planned)
        return len(missing)


def is_whole() -> bool:
    """Whether the demo network has all of its history."""
    return DemoMark.objects.filter(planned__gt=0, begun=F("planned")).exists()


def _mark() -> DemoMark:
    """The mark of a demo network that was there when its history began. Raises ``NotADemo``."""
    mark = DemoMark.objects.first()
    if mark is None:
        raise NotADemo("The history goes into the demo network only.")
    first = Membership.objects.aggregate(first=Min("since"))["first"]
    if first is None or first > mark.loaded_at - timedelta(days=shares.DAYS):
        raise NotADemo("This demo network is older than its history. Renew it: python3 manage.py demo_reset")
    return mark


def left_to_play(part: int = 0, of: int = 1) -> list[Case]:
    """The cases that are not there yet, the newest first; of several parts the one of this number, all of its clients.

    What was begun and broken off is there: a referral with which nothing more happened.
    """
    mark = DemoMark.objects.get()
    there = set(Referral.objects.values_list("created_at", flat=True))
    order = newest_first(cases(seed=shares.SEED, now=mark.loaded_at, size=mark.planned))
    return [case for case in order if case.at not in there and case.client.number % of == part]


def play_all(found: Sequence[Case], *, each: Callable[[int], object]) -> None:
    """Play these cases; before each one ``each`` is told how many are done."""
    company, now = Company(), DemoMark.objects.values_list("loaded_at", flat=True).get()
    with hastily():
        for number, case in enumerate(found):
            each(number)
            play(company, course(case, seed=shares.SEED, now=now))


def newest_first(found: Sequence[Case]) -> tuple[Case, ...]:
    """The newest cases, then all others; each of the two from its oldest on."""
    return (*found[-FIRST:], *found[:-FIRST])


@contextmanager
def _alone() -> Iterator[None]:
    """Keep two from playing the same history at once."""
    with (settings.VAR_DIR / "history.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotADemo("Another command is loading the history just now.") from None
        yield


@contextmanager
def hastily() -> Iterator[None]:
    """Let commits of this connection not wait for the disk."""
    begin, end = HASTY[connection.vendor]
    _run(begin)
    try:
        yield
    finally:
        _run(end)


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
