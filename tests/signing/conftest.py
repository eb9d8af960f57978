"""The desk of ``tests.signing.desk`` for every test of signing."""

from collections.abc import Callable, Iterator

import pytest

from agencies.vault import keyring
from tests.signing.desk import Desk, Phone, make_desk


@pytest.fixture(scope="module")
def shared_desk(build_once: Callable[[Callable[[], Desk]], Desk]) -> Desk:
    """The desk, made once for a module."""
    return build_once(make_desk)


@pytest.fixture
def desk(shared_desk: Desk, db: None) -> Iterator[Desk]:
    """The desk, as each test finds it; a key that a test made is not remembered after its rollback."""
    yield shared_desk
    keyring.forget()


@pytest.fixture
def phone(desk: Desk) -> Phone:
    """A phone that got a link to the paper ``named``."""
    return Phone(desk.ask())
