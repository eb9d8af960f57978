"""The desk of ``tests.signing.desk`` for every test of signing."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.hashers import ScryptPasswordHasher

from agencies.vault import keyring
from tests.signing.desk import Desk, Phone, make_desk


@pytest.fixture(autouse=True, scope="session")
def _quick_hashes() -> Iterator[None]:
    """The slow hash is scrypt here too, with little work: a code is hashed and compared in nearly every test."""
    patch = pytest.MonkeyPatch()
    patch.setattr(ScryptPasswordHasher, "work_factor", 2**4)
    yield
    patch.undo()


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
