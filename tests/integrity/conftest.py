"""One county with two referrals, made once per worker; every test damages it in a transaction that is undone."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.db import transaction

from agencies.vault import keyring
from tests.databases import ALIASES, Pair, connected
from tests.integrity.shell import Shell
from tests.integrity.stage import Stage, play


@pytest.fixture(scope="session")
def played(new_pair: Callable[[], Pair], django_db_blocker: object) -> Iterator[tuple[Pair, Stage]]:
    """The stage, committed into a pair of databases of its own."""
    pair = new_pair()
    try:
        with django_db_blocker.unblock(), connected(pair):  # type: ignore[attr-defined] # its class is private
            stage = play()
        yield pair, stage
    finally:
        pair.leave()


@pytest.fixture
def stage(played: tuple[Pair, Stage], django_db_blocker: object) -> Iterator[Stage]:
    """The stage, for this test to damage: triggers dropped and rows changed come back after it."""
    pair, stage = played
    with django_db_blocker.unblock(), connected(pair), undone():  # type: ignore[attr-defined] # as above
        yield stage
    keyring.forget()


@contextmanager
def undone() -> Iterator[None]:
    """A transaction on both databases, inside which ``durable`` ones may begin, rolled back at the end."""
    with ExitStack() as stack:
        for alias in ALIASES:
            atomic = transaction.atomic(using=alias)
            atomic._from_testcase = True  # type: ignore[attr-defined] # how Django's own TestCase marks it
            stack.enter_context(atomic)
        yield
        for alias in ALIASES:
            transaction.set_rollback(True, using=alias)


@pytest.fixture(scope="module")
def town(new_pair: Callable[[], Pair], django_db_blocker: object) -> Iterator[Stage]:
    """The stage in databases that commit, for the tests of one module; what they leave there stays for the next."""
    pair = new_pair()
    try:
        with django_db_blocker.unblock(), connected(pair):  # type: ignore[attr-defined] # as above
            yield play()
    finally:
        pair.leave()


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line."""
    return Shell(capsys)
