"""Transactions that are taken back whole, inside which acts may open their own durable ones."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connections, transaction


@contextmanager
def undone() -> Iterator[None]:
    """A transaction on every database, rolled back at the end."""
    with ExitStack() as stack:
        for alias in connections:
            block = transaction.atomic(using=alias)
            block._from_testcase = True  # type: ignore[attr-defined]  # noqa: SLF001  as Django's own TestCase marks it
            stack.enter_context(block)
        yield
        for alias in connections:
            transaction.set_rollback(True, using=alias)
