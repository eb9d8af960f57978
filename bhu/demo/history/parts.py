"""Playing the history by several processes at once, each the clients of its number.

On PostgreSQL they all write to the one database. SQLite lets one write at a time: there each works on a copy of its
own, and the rows it added are put together in the end.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection, connections

from agencies.vault.shred.router import ALIAS as SHRED

from . import merging

ROOT = Path(__file__).resolve().parents[3]
ADDRESSES = {"default": "DATABASE_URL", SHRED: "SHRED_DATABASE_URL"}
COMMAND = (sys.executable, "-m", "django", "demo_part")
COPIES = "history-"
"""How the names of folders with copies begin."""
TICK = 0.5
"""Seconds between two looks at how far the parts are."""


class PartFailed(RuntimeError):
    """A process ended before its part was played; what it said stands on standard error."""


def play_rest(hands: int, *, each: Callable[[int], object]) -> None:
    """Play all that is left in ``hands`` processes; ``each`` is told from time to time how many are done.

    What a part had played when it failed is kept. Raises ``PartFailed`` then.
    """
    with ExitStack() as stack:
        places = [stack.enter_context(PLACES[connection.vendor]()) for _ in range(hands)]
        running = [stack.enter_context(_Part(number, hands, place)) for number, place in enumerate(places)]
        while any(part.running for part in running):
            each(sum(part.done for part in running))
        for part in running:
            part.reader.join()
    if any(part.process.returncode for part in running):
        raise PartFailed("A part of the history could not be played.")


class _Part:
    """One process and what it says of itself; ended with the block."""

    def __init__(self, number: int, of: int, addresses: Mapping[str, str]) -> None:
        ours = {"BHU_VAR": str(settings.VAR_DIR), "DJANGO_SETTINGS_MODULE": "bhu.settings", "PYTHONPATH": str(ROOT)}
        command, env = [*COMMAND, str(number), str(of)], {**os.environ, **ours, **addresses}
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own command
        self.done = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def __enter__(self) -> "_Part":
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()

    @property
    def running(self) -> bool:
        """Whether it is, after waiting for a moment."""
        try:
            self.process.wait(TICK)
        except subprocess.TimeoutExpired:
            return True
        return False

    def _read(self) -> None:
        if self.process.stdout is not None:
            with self.process.stdout as said:
                for line in said:
                    self.done = int(line)


def forget_copies() -> None:
    """Delete the copies of somebody who was killed before they were put together."""
    for folder in settings.VAR_DIR.glob(f"{COPIES}*"):
        shutil.rmtree(folder)


@contextmanager
def _copies() -> Iterator[dict[str, str]]:
    """The addresses of copies of both databases; what is added to them comes here in the end.

    Secrets first: a referral without one could never be opened.
    """
    with tempfile.TemporaryDirectory(prefix=COPIES, dir=settings.VAR_DIR) as folder:
        copies = {alias: Path(folder) / f"{alias}.sqlite3" for alias in (SHRED, "default")}
        marks = {alias: merging.copy(connections[alias], path) for alias, path in copies.items()}
        try:
            yield {ADDRESSES[alias]: f"sqlite:///{quote(str(path))}" for alias, path in copies.items()}
        finally:
            for alias, path in copies.items():
                merging.merge(connections[alias], path, after=marks[alias])


@contextmanager
def _itself() -> Iterator[dict[str, str]]:
    yield {}


PLACES: Mapping[str, Callable[[], AbstractContextManager[dict[str, str]]]] = {"sqlite": _copies, "postgresql": _itself}
