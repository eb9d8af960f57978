"""How often a request asks the databases something, or tells them something."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import connections

BRACKETS = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
"""What opens and closes a transaction does neither."""


class Count:
    """Counts the statements that go past it. As Django takes an ``execute_wrapper``."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.queries += not str(sql).lstrip().startswith(BRACKETS)
        return execute(sql, params, many, context)


@contextmanager
def counted() -> Iterator[Count]:
    """Count the statements to every database until the block ends."""
    count = Count()
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(connections[alias].execute_wrapper(count))
        yield count
