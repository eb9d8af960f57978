"""The network of ``tests.smart.partner``, made once for a module, and one client of it."""

from collections.abc import Callable

import pytest

from audit.models import AuditEvent
from tests.smart.partner import Network, Partner, make_network

Row = tuple[str, str, str]


@pytest.fixture(scope="module")
def shared_network(build_once: Callable[[Callable[[], Network]], Network]) -> Network:
    return build_once(make_network)


@pytest.fixture
def network(shared_network: Network, db: None) -> Network:
    return shared_network


@pytest.fixture
def partner(network: Network) -> Partner:
    return network.register()


@pytest.fixture
def events(network: Network, partner: Partner) -> Callable[[], list[Row]]:
    """What the log was told of tokens since it was last asked: action, outcome and code."""
    seen = set(AuditEvent.objects.values_list("pk", flat=True))

    def new() -> list[Row]:
        found = list(AuditEvent.objects.exclude(pk__in=seen).order_by("pk"))
        seen.update(event.pk for event in found)
        return [(event.action, event.outcome, event.code) for event in found if event.action.startswith("smart.")]

    return new
