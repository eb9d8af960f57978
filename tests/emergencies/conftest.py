"""The ward for every test of emergencies."""

from collections.abc import Callable, Iterator

import pytest

from agencies.vault import keyring
from tests.emergencies.wards import Ward, make_ward


@pytest.fixture(scope="module")
def shared_ward(build_once: Callable[[Callable[[], Ward]], Ward]) -> Ward:
    return build_once(make_ward)


@pytest.fixture
def ward(shared_ward: Ward, db: None) -> Iterator[Ward]:
    """The ward, as each test finds it."""
    yield shared_ward
    keyring.forget()
