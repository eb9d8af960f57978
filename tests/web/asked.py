"""What a page asks of the database, statement by statement, and who of us asked it."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connections

from bhu.web.counting import BRACKETS

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT / part}/" for part in ("agencies", "audit", "bhu", "fhir", "referrals"))
PLUMBING = ("agencies/compiled.py", "referrals/services/rows.py")
"""What passes statements on for others."""


@dataclass(frozen=True)
class Statement:
    """One statement: which database it went to, its text, and the lines of ours that led to it, nearest last."""

    database: str
    sql: str
    by: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.database:7} {' '.join(self.sql.split())[:110]}\n        {' > '.join(self.by[-4:])}"


@dataclass
class Asked:
    """All statements of a while, in order."""

    statements: list[Statement] = field(default_factory=list)

    @property
    def queries(self) -> list[Statement]:
        """Those that ask or write; what opens and closes a transaction does neither."""
        return [each for each in self.statements if not each.sql.lstrip().startswith(BRACKETS)]

    def __str__(self) -> str:
        return "\n".join(f"{number:3} {each}" for number, each in enumerate(self.statements, 1))


@contextmanager
def listening() -> Iterator[Asked]:
    """Write down every statement to every database until the block ends."""
    asked = Asked()

    def on(database: str) -> Callable[..., Any]:
        def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.statements.append(Statement(database, sql, _callers()))
            return execute(sql, params, many, context)

        return wrapper

    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(on(alias)))
        yield asked


def _callers() -> tuple[str, ...]:
    frames = ((frame.filename, frame.name) for frame in traceback.extract_stack())
    ours = ((Path(name).relative_to(ROOT), function) for name, function in frames if name.startswith(OURS))
    return tuple(f"{path.with_suffix('')}.{function}" for path, function in ours if str(path) not in PLUMBING)
