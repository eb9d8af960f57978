"""A county of early 2026 in which a clinic can cover the unit, and its people."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from agencies.actor import Actor
from agencies.coverage import services
from agencies.coverage.models import Coverage
from agencies.coverage.services import Hours
from agencies.models import Agency, Agreement
from agencies.roles import Role
from agencies.vault import keyring
from tests.anyone import member
from tests.county import County, make_county

EASTERN = ZoneInfo("America/New_York")
DAY, NIGHT = datetime(2026, 3, 4, 12, tzinfo=EASTERN), datetime(2026, 3, 4, 21, tzinfo=EASTERN)


@dataclass(frozen=True)
class Towns:
    """The county, with the administrators of three of its agencies; ``unit`` and ``clinic`` help, ``detox`` too."""

    county: County
    unit: Actor
    clinic: Actor
    detox: Actor
    stranger: Actor

    @property
    def paper(self) -> Agreement:
        """The agreement of all but the stranger."""
        return Agreement.objects.get(title="County")


@pytest.fixture(scope="module")
def shared_towns(build_once: Callable[[Callable[[], Towns]], Towns]) -> Towns:
    with time_machine.travel(DAY, tick=False):
        return build_once(_make)


def _make() -> Towns:
    county = make_county()
    admins = (member(each, Role.AGENCY_ADMIN, f"admin-{each.slug}") for each in (county.clinic, county.detox))
    stranger = county.outsider.agency_id
    return Towns(county, county.admin, *admins, member(Agency.objects.get(pk=stranger), Role.AGENCY_ADMIN, "admin-str"))


@pytest.fixture
def towns(shared_towns: Towns, db: None) -> Iterator[Towns]:
    yield shared_towns
    keyring.forget()


@pytest.fixture
def clock() -> Iterator[Any]:
    """At noon; a test moves it."""
    with time_machine.travel(DAY, tick=False) as moved:
        yield moved


def nights(**more: Any) -> Hours:
    """From eight in the evening until six, every day."""
    said: dict[str, Any] = {"days": 0b1111111, "begins": time(20), "ends": time(6), "since": date(2026, 3, 1)}
    return Hours(**(said | more))


def entered(towns: Towns, covered: Actor, covering: Actor, hours: Hours | None = None) -> Coverage:
    return services.enter(covered, covering_id=covering.agency_id, agreement_id=towns.paper.pk, hours=hours or nights())


def covers(towns: Towns, covered: Actor, covering: Actor, hours: Hours | None = None) -> Coverage:
    """Entered by the one and confirmed by the other."""
    row = entered(towns, covered, covering, hours)
    services.confirm(covering, row.pk)
    return row
