"""Telling a person that something is going on, once it takes longer than a second."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
SECOND = 1.0
BAR = 24
"""How many characters long a whole bar is."""


class Progress:
    """Says how far a piece of work is, at most once a second and never within the first; to ``write``, a line each."""

    def __init__(self, write: Callable[[str], object], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock, self._said = write, clock, clock()

    def over(self, items: Iterable[T], *, total: int, what: str) -> Iterator[T]:
        """Hand on ``items``, saying ``what`` and how many of ``total`` are done."""
        for done, item in enumerate(items):
            self.tell(what, done, total)
            yield item

    def tell(self, what: str, done: int, total: int) -> None:
        """Say how much of ``what`` is done, with a bar."""
        self.say(f"{what}: {_bar(done, total)} {done} of {total} ...")

    def say(self, line: str) -> None:
        """Say ``line``, unless something was said less than a second ago."""
        now = self._clock()
        if now - self._said >= SECOND:
            self._said = now
            self._write(line)


def silent(_line: str) -> None:
    """For ``Progress`` where nobody watches."""


def _bar(done: int, total: int) -> str:
    full = BAR * done // max(1, total)
    return "█" * full + "░" * (BAR - full)
