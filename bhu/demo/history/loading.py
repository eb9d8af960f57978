"""Playing the whole history into the demo network; ended on its way, it goes on where it was."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection
from django.db.models import F

from bhu.demo.network import NotADemo
from bhu.demo.progress import Progress
from bhu.models import DemoMark

from . import shares
from .cases import Case, cases
from .courses import course
from .playing import Company, play

FIRST = 60
"""The newest are made first: they are what is on a board."""

HASTY: Mapping[str, tuple[str, str]] = {
    "sqlite": ("PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"),
    "postgresql": ("SET synchronous_commit = off", "RESET synchronous_commit"),
}
"""A power cut may take the last of what was invented, and no more: nothing that was written is damaged by it."""


def load(progress: Progress, *, size: int = shares.REFERRALS, seed: int = shares.SEED) -> int:
    """Play what is not there yet of a history of ``size`` referrals that ends when the network was loaded.

    Returns how many were made. Raises ``NotADemo`` for a database without the demo mark.
    """
    mark = DemoMark.objects.first()
    if mark is None:
        raise NotADemo("The history goes into the demo network only.")
    if not mark.planned:
        DemoMark.objects.update(planned=size)
    order = newest_first(cases(seed=seed, now=mark.loaded_at, size=mark.planned or size))
    company, made = Company(), 0
    with hastily():
        for number in progress.over(
            _numbers(len(order)), total=len(order) - mark.begun, what="Playing eighteen months"
        ):
            play(company, course(order[number], seed=seed, now=mark.loaded_at))
            made += 1
    return made


def newest_first(found: tuple[Case, ...]) -> tuple[Case, ...]:
    """The newest cases, then all others; each part from its oldest on, so that who comes back was there before."""
    return (*found[-FIRST:], *found[:-FIRST])


def _numbers(total: int) -> Iterator[int]:
    """The number of each case to play, counted before it is played: two loaders never play the same."""
    while (number := _next(total)) is not None:
        yield number


def _next(total: int) -> int | None:
    """Take the next number; ``None`` when all are taken."""
    while (begun := DemoMark.objects.values_list("begun", flat=True).get()) < total:
        if DemoMark.objects.filter(begun=begun).update(begun=F("begun") + 1):
            return begun
    return None


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
