"""The county of ``tests.county`` for every test of referrals."""

from collections.abc import Callable, Iterator

import pytest

from agencies.vault import keyring
from tests.county import County, make_county


@pytest.fixture(scope="module")
def shared_county(build_once: Callable[[Callable[[], County]], County]) -> County:
    """The county, made once for a module."""
    return build_once(make_county)


@pytest.fixture
def county(shared_county: County, db: None) -> Iterator[County]:
    """The county, as each test finds it; a key that a test made is not remembered after its rollback."""
    yield shared_county
    keyring.forget()
