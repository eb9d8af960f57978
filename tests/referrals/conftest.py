"""The county of ``tests.county`` for every test of referrals."""

from collections.abc import Callable

import pytest

from tests.county import County, make_county


@pytest.fixture(scope="module")
def shared_county(build_once: Callable[[Callable[[], County]], County]) -> County:
    """The county, made once for a module."""
    return build_once(make_county)


@pytest.fixture
def county(shared_county: County, db: None) -> County:
    """The county, as each test finds it."""
    return shared_county
