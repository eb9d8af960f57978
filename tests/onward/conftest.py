"""A county of early 2026, and a clock that a test moves."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from agencies.vault import keyring
from tests.county import County, make_county

NOON = datetime(2026, 3, 4, 12, tzinfo=ZoneInfo("America/New_York"))


@pytest.fixture(scope="module")
def shared_county(build_once: Callable[[Callable[[], County]], County]) -> County:
    with time_machine.travel(NOON, tick=False):
        return build_once(make_county)


@pytest.fixture
def county(shared_county: County, db: None) -> Iterator[County]:
    yield shared_county
    keyring.forget()


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved
