"""In which order the files of tests begin: the longest first, so that no worker is long alone with the last of them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

HERE = Path(__file__).resolve().parent

# By what they take, not by how many tests they have: few tests, and many seconds of work or of waiting.
LONG = (
    "rest/test_independent_validators.py",
    "retention/test_forgotten.py",
    "leaks/test_matrix.py",
    "bhu/test_worker.py",
    "notices/test_killed.py",
    "notices/test_worker.py",
    "demo/history/test_playing.py",
    "integrity/test_killed.py",
    "integrity/test_odd_shell.py",
    "integrity/test_crowd.py",
    "integrity/test_full.py",
    "audit/test_neighbours.py",
    "partners/test_first_hour.py",
    "partners/test_clients.py",
    "partners/test_ten_cases.py",
    "demo/test_commands.py",
    "retention/test_shell.py",
    "bhu/test_up.py",
    "test_rules.py",
)


class Placed(Protocol):
    """A collected test: pytest's item, of which only the file counts."""

    @property
    def path(self) -> Path: ...


T = TypeVar("T", bound=Placed)


def in_order(items: Sequence[T]) -> list[T]:
    """The same tests: the long files first, then those with the most tests; within a file as they were."""
    first = {HERE / name: place for place, name in enumerate(LONG)}
    many = Counter(item.path for item in items)
    return sorted(items, key=lambda item: (first.get(item.path, len(LONG)), -many[item.path], str(item.path)))
