"""The county of ``tests.county`` for every test of pages."""

from tests.referrals.conftest import county, shared_county

__all__ = ["county", "shared_county"]
