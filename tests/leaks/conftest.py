"""The town of the leak matrix, made once for a module."""

from collections.abc import Callable

import pytest

from bhu.leaks import run
from bhu.leaks.matrix import Matrix
from bhu.leaks.town import Town, settle


@pytest.fixture(scope="session")
def matrix() -> Matrix:
    """The page of rules."""
    return run.page()


@pytest.fixture(scope="module")
def town(build_once: Callable[[Callable[[], Town]], Town]) -> Town:
    """Nine agencies with one of each role."""
    return build_once(settle)
