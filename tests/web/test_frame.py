"""What stands on pages for staff that belong to no single agency: the way to one's office, and the clock."""

from datetime import UTC, datetime

import pytest
from allauth.usersessions.models import UserSession
from django.urls import reverse

from agencies.models import Agency, User
from agencies.roles import Role
from agencies.services import add_member
from audit.models import AuditCheckpoint
from referrals.acts import TakeStep
from referrals.models import ReferralTask
from referrals.perform import perform
from tests.county import SETUP
from tests.web.signing import signed_in
from tests.web.test_work import WORK, page_of, send, user_of

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 27, 4, 31, tzinfo=UTC)  # half past eleven of the day before in Massachusetts


@pytest.fixture
def eastern(county):
    Agency.objects.update(time_zone="America/New_York")
    return county


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (Role.PRIVACY_OFFICER, "referrals:desk"),
        (Role.AGENCY_ADMIN, "agencies:members"),
    ],
)
def test_who_has_an_office_and_no_list_is_shown_the_way_to_the_office(county, role, name):
    user = User.objects.create_user(f"{role}@example.org")
    add_member(by=SETUP, user=user, agency=county.clinic, role=role)
    answer = signed_in(user).get(reverse(WORK)).content.decode()
    body = answer[answer.index("<main") :]
    assert "Your role has no list of referrals." in body
    assert reverse(name, args=[county.clinic.slug, role.value]) in body


def test_a_closed_referral_stands_in_the_list_at_the_time_on_the_readers_wall(eastern):
    (task,) = send(eastern).tasks
    perform(eastern.clinician, [TakeStep(task_id=task, step="reject", reason="no-capacity")])
    ReferralTask.objects.update(changed_at=NIGHT)
    page = page_of(eastern.clinician, show="closed")
    assert "11/26/2026 11:31 p.m." in page


def test_the_record_says_when_it_was_signed_by_the_readers_clock(eastern):
    AuditCheckpoint.objects.create(size=1, root=bytes(32), note="", at=NIGHT)
    page = signed_in(user_of(eastern.clinician)).get(reverse("record")).content.decode()
    assert "Nov. 26, 2026, 11:31 p.m." in page


def test_where_one_is_signed_in_stands_with_the_time_on_ones_own_wall(eastern):
    user = user_of(eastern.clinician)
    client = signed_in(user)
    key = client.session.session_key
    UserSession.objects.create(user=user, ip="127.0.0.1", user_agent="Firefox", session_key=key, created_at=NIGHT)
    assert "Nov. 26, 2026, 11:31 p.m." in client.get(reverse("usersessions_list")).content.decode()
