"""No emergency waits unseen: an agency without a privacy officer is told to name one, a late review is asked for."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.models import Membership
from agencies.roles import Role
from agencies.services import end_membership
from audit.models import AuditEvent
from bhu.celery import CLOCK
from referrals import tasks
from referrals.acts import OpenInEmergency
from referrals.emergencies import services
from referrals.emergencies.models import EmergencyAccess
from referrals.emergencies.natures import Nature
from referrals.errors import Denied
from referrals.models import Notice
from referrals.opening import open_referral
from referrals.perform import perform
from tests.emergencies.wards import Ward

NONE = "no-privacy-officer"
DAY = timedelta(days=1)


def opened(ward: Ward) -> EmergencyAccess:
    act = OpenInEmergency(referral_id=ward.referral_id, agency_id=ward.hospital.id, nature=Nature.SEIZURE)
    perform(ward.county.clinician, [act])
    return EmergencyAccess.objects.get(referral_id=ward.referral_id)


def told(ward: Ward, code: str) -> list[tuple[str, str]]:
    rows = Notice.objects.filter(referral_id=ward.referral_id, code=code).order_by("id")
    return list(rows.values_list("agency__slug", "role"))


def leave(ward: Ward) -> None:
    """The unit's only privacy officer goes."""
    end_membership(by="System/setup", membership_id=ward.privacy.membership_id)


def test_where_nobody_is_privacy_officer_the_admin_is_told_to_name_one_and_it_opens_all_the_same(ward: Ward) -> None:
    leave(ward)
    opened(ward)
    assert open_referral(ward.nurse, ward.referral_id).sections
    assert told(ward, NONE) == [("bhu", "agency_admin"), ("hospital", "agency_admin")]
    assert ("bhu", "privacy_officer") in told(ward, "emergency-open")  # for who comes after


def test_who_has_one_is_told_nothing_of_that(ward: Ward) -> None:
    opened(ward)
    assert told(ward, NONE) == [("hospital", "agency_admin")]


def test_missing_words_are_told_to_the_admin_as_well_where_nobody_is_privacy_officer(ward: Ward) -> None:
    access = opened(ward)
    leave(ward)
    assert services.escalate(at=access.words_due) == 1
    assert ("bhu", "agency_admin") in told(ward, NONE)


def test_a_review_is_pressed_for_once_a_day_from_the_hour_it_is_overdue_until_somebody_looked(ward: Ward) -> None:
    access = opened(ward)
    due = access.review_due
    assert services.press(at=due - timedelta(seconds=1)) == 0
    assert services.press(at=due) == 1
    assert services.press(at=due + timedelta(hours=1)) == 0  # the bell may ring twice
    assert services.press(at=due + DAY - timedelta(minutes=5)) == 1
    assert told(ward, "review-overdue") == [("bhu", "privacy_officer")] * 2
    assert AuditEvent.objects.filter(target=f"EmergencyAccess/{access.id}", action="emergency.press").count() == 2
    services.review(ward.privacy, access.id, justified=True)
    assert services.press(at=due + 3 * DAY) == 0


def test_a_late_review_that_nobody_can_make_is_told_to_the_admin(ward: Ward) -> None:
    access = opened(ward)
    leave(ward)
    services.press(at=access.review_due)
    assert ("bhu", "agency_admin") in told(ward, NONE)


def test_the_clock_rings_for_it_every_day(ward: Ward) -> None:
    access = opened(ward)
    assert CLOCK["referrals.tasks.press"] == DAY.total_seconds()
    with time_machine.travel(access.review_due + timedelta(minutes=1), tick=False):
        tasks.press()
        tasks.press()
        assert services.overdue(at=timezone.now()) == [access]
    assert told(ward, "review-overdue") == [("bhu", "privacy_officer")]
    assert services.overdue(at=access.words_due - timedelta(minutes=1)) == []


@pytest.mark.parametrize("role", [Role.AGENCY_ADMIN, Role.CLINICIAN])
def test_who_is_told_in_the_officers_place_reviews_nothing(ward: Ward, role: Role) -> None:
    assert Membership.objects.filter(agency=ward.county.bhu, role=role.value).exists()
    access = opened(ward)
    leave(ward)
    actor = ward.county.admin if role is Role.AGENCY_ADMIN else ward.county.clinician
    with pytest.raises(Denied):
        services.review(actor, access.id, justified=True)
