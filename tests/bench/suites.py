"""Every suite, on what it runs, and the one thing each must offer: ``measure``."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from tests.bench.figures import Figure
from tests.databases import Pair

POSTGRESQL, SQLITE = "PostgreSQL", "SQLite"
BOTH = (POSTGRESQL, SQLITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One suite on one engine: a migrated pair of databases of its own, and where to keep what is worth reading."""

    pair: Pair
    quick: bool
    kept: Path
    say: Callable[[str], None]

    def times(self, full: int) -> int:
        """How often to repeat: ``full`` times, or a fifth of it when it must be quick."""
        return full // 5 if self.quick else full


Measure = Callable[[Run], Iterator[Figure]]


@dataclass(frozen=True, slots=True)
class Suite:
    """A module with a function ``measure(run)`` that yields figures, and the engines it runs on."""

    module: str
    engines: tuple[str, ...]

    @property
    def measure(self) -> Measure:
        """Imported only when Django is set up."""
        found: Measure = import_module(self.module).measure
        return found


SUITES: Mapping[str, Suite] = MappingProxyType(
    {
        "sealing": Suite("tests.bench.sealing", (SQLITE,)),
        "gate": Suite("tests.bench.gate", (SQLITE,)),
        "send": Suite("tests.bench.send", BOTH),
        "open": Suite("tests.bench.open", BOTH),
        "inbox": Suite("tests.bench.inbox", (POSTGRESQL,)),
        "append": Suite("tests.bench.append", BOTH),
        "verify": Suite("tests.bench.verify", BOTH),
        "http": Suite("tests.bench.edge", (POSTGRESQL,)),
        "absent": Suite("tests.bench.absent", BOTH),
        "notices": Suite("tests.bench.notices", BOTH),
        "pages": Suite("tests.bench.pages", (SQLITE,)),
        "web": Suite("tests.bench.web", (SQLITE,)),
    }
)
