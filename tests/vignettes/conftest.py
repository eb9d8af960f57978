"""Merrow County for every vignette."""

from collections.abc import Callable, Iterator

import pytest

from agencies.vault import keyring
from tests.vignettes.people import Merrow, make_merrow


@pytest.fixture(scope="module")
def shared_merrow(build_once: Callable[[Callable[[], Merrow]], Merrow]) -> Merrow:
    """The county, made once for a module."""
    return build_once(make_merrow)


@pytest.fixture
def merrow(shared_merrow: Merrow, db: None) -> Iterator[Merrow]:
    """The county, as each vignette finds it; a key that one made is not remembered after its rollback."""
    yield shared_merrow
    keyring.forget()
