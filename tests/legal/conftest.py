"""The town of ``tests.legal.town`` for every test of legal papers and mandated reports."""

from collections.abc import Callable, Iterator

import pytest

from agencies.vault import keyring
from audit.models import AuditEvent
from tests.legal.town import Events, Town, make_town


@pytest.fixture(scope="module")
def shared_town(build_once: Callable[[Callable[[], Town]], Town]) -> Town:
    """The town, made once for a module."""
    return build_once(make_town)


@pytest.fixture
def town(shared_town: Town, db: None) -> Iterator[Town]:
    """The town, as each test finds it; a key that a test made is not remembered after its rollback."""
    yield shared_town
    keyring.forget()


@pytest.fixture
def events(town: Town) -> Events:
    """Ask it after an act for the events that act left."""
    return Events(set(AuditEvent.objects.values_list("pk", flat=True)))
