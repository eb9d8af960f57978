"""Agencies with keys, and people in them, as factories."""

import pytest

from agencies.actor import Actor
from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership, User
from agencies.roles import Role
from agencies.vault import keyring
from audit.uuid7 import uuid7


@pytest.fixture(autouse=True)
def _no_key_of_another_test():
    keyring.forget()
    yield
    keyring.forget()


@pytest.fixture
def make_agency(db):
    """A new agency with keys of every purpose."""

    def make():
        name = str(uuid7())
        agency = Agency.objects.create(slug=name, name=name, kind=AgencyKind.BHU.value)
        keyring.create_keys(agency.id)
        return agency

    return make


@pytest.fixture
def agency(make_agency):
    return make_agency()


@pytest.fixture
def make_actor(db):
    """Somebody with a membership of this role, as the door makes them."""

    def make(agency, role=Role.CLINICIAN):
        user = User.objects.create_user(f"{uuid7()}@example.org")
        membership = Membership.objects.create(agency=agency, user=user, role=role.value)
        return Actor(
            membership_id=membership.id,
            agency_id=agency.id,
            kind=AgencyKind.BHU,
            role=role,
            capabilities=frozenset(),
        )

    return make
