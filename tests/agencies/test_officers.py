"""Who holds an office now: somebody in force, in a role that fits, with the grant that goes with it."""

import pytest
from django.utils import timezone

from agencies import officers
from agencies.capabilities import Capability
from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership, User
from agencies.offices import Office
from agencies.roles import Role
from agencies.services import add_member, change_grants, end_membership, open_agency

pytestmark = pytest.mark.django_db

SETUP = "System/setup"


@pytest.fixture
def detox() -> Agency:
    return open_agency(by=SETUP, slug="detox", name="Detox", kind=AgencyKind.PROVIDER.value)


@pytest.fixture
def officer(detox: Agency) -> Membership:
    user = User.objects.create_user("privacy@detox.example.org")
    return add_member(by=SETUP, agency=detox, role=Role.PRIVACY_OFFICER, user=user)


def test_an_agency_has_one_while_the_membership_is_in_force(detox: Agency, officer: Membership) -> None:
    assert officers.has(detox.id, Office.PRIVACY, at=timezone.now())
    assert not officers.has(detox.id, Office.RECORDS, at=timezone.now())
    end_membership(by=SETUP, membership_id=officer.id)
    assert not officers.has(detox.id, Office.PRIVACY, at=timezone.now())


def test_a_role_that_lost_its_grant_holds_no_office(detox: Agency, officer: Membership) -> None:
    change_grants(by=SETUP, agency=detox, role=Role.PRIVACY_OFFICER, take=[Capability.VIEW_AUDIT])
    assert not officers.has(detox.id, Office.PRIVACY, at=timezone.now())


def test_the_agencies_without_one_are_those_on_the_network_that_somebody_works_at(
    detox: Agency, officer: Membership
) -> None:
    clinic, empty = (
        open_agency(by=SETUP, slug=slug, name=slug.title(), kind=AgencyKind.PROVIDER.value)
        for slug in ("clinic", "empty")
    )
    paper = open_agency(by=SETUP, slug="paper", name="Paper", kind=AgencyKind.PROVIDER.value, connected=False)
    for agency in (clinic, paper):
        user = User.objects.create_user(f"admin@{agency.slug}.example.org")
        add_member(by=SETUP, agency=agency, role=Role.AGENCY_ADMIN, user=user)
    assert empty.connected
    assert officers.without(Office.PRIVACY, at=timezone.now()) == [clinic]
    end_membership(by=SETUP, membership_id=officer.id)
    assert officers.without(Office.PRIVACY, at=timezone.now()) == [clinic]  # nobody works at the detox any more
