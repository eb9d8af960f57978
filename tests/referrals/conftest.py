"""The county of ``tests.county`` for every test of referrals."""

import pytest

from tests.county import County, make_county


@pytest.fixture
def county(db: None) -> County:
    """The county, in this test's transaction."""
    return make_county()
