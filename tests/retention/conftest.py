"""The county with the officers who keep and delete, and a clock that can be set on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.vault import keyring
from tests.databases import Pair, connected
from tests.retention.archive import EIGHT_YEARS, Archive, approve_all, make_archive
from tests.retention.terminal import Terminal

Later = Callable[..., None]


@pytest.fixture(scope="module")
def shared_archive(build_once: Callable[[Callable[[], Archive]], Archive]) -> Archive:
    """The archive, made once for a module."""
    return build_once(make_archive)


@pytest.fixture
def archive(shared_archive: Archive, db: None) -> Iterator[Archive]:
    """The archive, as each test finds it."""
    yield shared_archive
    keyring.forget()


@pytest.fixture
def later() -> Iterator[Later]:
    """Sets the clock on: by eight years, or so many days."""
    with ExitStack() as travels:

        def travel(days: int | None = None) -> None:
            on = EIGHT_YEARS if days is None else timedelta(days=days)
            travels.enter_context(time_machine.travel(timezone.now() + on, tick=True))

        yield travel


@pytest.fixture(scope="module")
def town(new_pair: Callable[[], Pair], django_db_blocker: object) -> Iterator[Archive]:
    """The archive with its schedule approved, in databases that commit, for the tests of one module.

    Each makes its own referrals; what it leaves there stays for the next.
    """
    pair = new_pair()
    try:
        with django_db_blocker.unblock(), connected(pair):  # type: ignore[attr-defined] # its class is private
            archive = make_archive()
            approve_all(archive)
            yield archive
    finally:
        pair.leave()


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    """``manage.py retention`` as a person types it."""
    return Terminal(capsys)
