"""The county, with the privacy officers of the unit and of the police, and one referral on its way."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from agencies.actor import Actor
from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from agencies.vault import keyring
from tests.county import SETUP, County
from tests.web.desk import Desk, make_desk


@dataclass(frozen=True)
class Office:
    """The desk of ``tests.web``, and who keeps watch over two of its agencies."""

    desk: Desk
    officer: Actor
    police_officer: Actor

    @property
    def county(self) -> County:
        return self.desk.county

    @property
    def referral_id(self) -> UUID:
        return self.desk.referral_id


def privacy_officer(agency: Agency) -> Actor:
    user = User.objects.create_user(f"privacy@{agency.slug}.example.org", name="Petra Quist")
    return actor_for(add_member(by=SETUP, agency=agency, role=Role.PRIVACY_OFFICER, user=user))


def make_office() -> Office:
    desk = make_desk()
    return Office(desk, privacy_officer(desk.county.bhu), privacy_officer(desk.county.police))


@pytest.fixture(scope="module")
def shared_office(build_once: Callable[[Callable[[], Office]], Office]) -> Office:
    return build_once(make_office)


@pytest.fixture
def office(shared_office: Office, db: None) -> Office:
    keyring.forget()
    return shared_office
