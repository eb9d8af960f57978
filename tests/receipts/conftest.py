"""The shelf of ``tests.receipts.shelf`` for every test of receipts."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.hashers import ScryptPasswordHasher

from agencies.vault import keyring
from referrals.receipts import tries
from tests.receipts.shelf import Reader, Shelf, make_shelf


@pytest.fixture(autouse=True, scope="session")
def _quick_hashes() -> Iterator[None]:
    """The slow hash is scrypt here too, with little work: a PIN is hashed and compared in nearly every test."""
    patch = pytest.MonkeyPatch()
    patch.setattr(ScryptPasswordHasher, "work_factor", 2**4)
    tries._nobodys.cache_clear()
    yield
    patch.undo()
    tries._nobodys.cache_clear()


@pytest.fixture(scope="module")
def shared_shelf(build_once: Callable[[Callable[[], Shelf]], Shelf]) -> Shelf:
    """The shelf, made once for a module."""
    return build_once(make_shelf)


@pytest.fixture
def shelf(shared_shelf: Shelf, db: None) -> Iterator[Shelf]:
    """The shelf, as each test finds it; a key that a test made is not remembered after its rollback."""
    yield shared_shelf
    keyring.forget()


@pytest.fixture
def reader(shelf: Shelf) -> Reader:
    """Somebody with a slip."""
    return Reader(shelf.slip())
