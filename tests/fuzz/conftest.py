"""The referral of the tests of the edge, and its people, for the fuzzer."""

from tests.rest.conftest import walked, way

__all__ = ["walked", "way"]
