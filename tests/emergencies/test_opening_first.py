"""Two taps and it is open to medical personnel for an hour; to nobody else, and not a minute longer (R-P2-14)."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from agencies.kinds import AgencyKind, Answer
from agencies.roles import Role
from agencies.services import open_agency
from audit.models import AuditEvent
from fhir.content.compartments import Compartment
from referrals import acts, listing
from referrals.acts import OpenInEmergency
from referrals.emergencies.models import EmergencyAccess
from referrals.emergencies.natures import Nature, reviewed_by
from referrals.errors import Denied, NotFound
from referrals.models import Disclosure, Notice, Participation, Referral, ReferralGroupPermission, Wrap
from referrals.opening import open_referral
from referrals.perform import perform
from tests.county import CANARIES, SETUP
from tests.emergencies.wards import Ward, member

HOUR = timedelta(minutes=60)


def opened(ward: Ward, nature: Nature = Nature.SEIZURE) -> EmergencyAccess:
    act = OpenInEmergency(referral_id=ward.referral_id, agency_id=ward.hospital.id, nature=nature)
    perform(ward.county.clinician, [act])
    return EmergencyAccess.objects.get(referral_id=ward.referral_id)


def text_of(ward: Ward, actor: object) -> str:
    return str([section.tree for section in open_referral(actor, ward.referral_id).sections])  # type: ignore[arg-type]


def test_the_nurse_reads_who_it_is_and_what_was_screened_without_consent_or_agreement(ward: Ward) -> None:
    access = opened(ward)
    shown = open_referral(ward.nurse, ward.referral_id)
    assert {section.compartment for section in shown.sections} == {
        Compartment.REQUEST, Compartment.CONTACT, Compartment.CLINICAL,
    }  # fmt: skip
    assert CANARIES[0] in text_of(ward, ward.nurse)
    assert access.until - access.opened_at == HOUR
    assert access.words_due == access.opened_at + timedelta(hours=1)
    assert access.membership_id == ward.county.clinician.membership_id


def test_it_stands_in_the_nurses_list_while_the_hour_lasts(ward: Ward) -> None:
    access = opened(ward)
    assert [row.referral_id for row in listing.inbox(ward.nurse)] == [ward.referral_id]
    with time_machine.travel(access.until, tick=False):
        assert listing.inbox(ward.nurse) == []


def test_after_sixty_minutes_it_is_over_to_the_second(ward: Ward) -> None:
    access = opened(ward)
    with time_machine.travel(access.until - timedelta(seconds=1), tick=False):
        assert open_referral(ward.nurse, ward.referral_id).sections
    with time_machine.travel(access.until, tick=False), pytest.raises(Denied) as refused:
        open_referral(ward.nurse, ward.referral_id)
    assert refused.value.code == "EMERGENCY_OVER"


def test_the_keys_are_gone_with_the_next_act_after_the_hour(ward: Ward) -> None:
    access = opened(ward)
    assert Wrap.objects.filter(folder_id=ward.referral_id, agency=ward.hospital).exists()
    with time_machine.travel(access.until + timedelta(minutes=1), tick=False):
        task = ward.county.bhu
        step = acts.TakeStep(task_id=Referral.objects.get(pk=ward.referral_id).tasks.get(owner=task).id, step="start")
        perform(ward.county.clinician, [step])
    assert not Wrap.objects.filter(folder_id=ward.referral_id, agency=ward.hospital).exists()


def test_the_guardian_row_alone_opens_the_gate(ward: Ward) -> None:
    opened(ward)
    assert ReferralGroupPermission.objects.filter(content_object=ward.referral_id).count() == 2
    ReferralGroupPermission.objects.filter(content_object=ward.referral_id).delete()
    with pytest.raises(Denied) as refusal:
        open_referral(ward.nurse, ward.referral_id)
    assert refusal.value.code == "ROLE"
    assert not Referral.objects.visible_to(ward.nurse).exists()
    assert not Referral.objects.visible_to(ward.nurse, compartment=Compartment.CONTACT).exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.CLINICIAN, Role.INTAKE}])
def test_no_other_role_of_the_hospital_opens_anything(ward: Ward, role: Role) -> None:
    opened(ward)
    somebody = member(ward.hospital, role, f"some-{role}")
    with suppress(NotFound, Denied):
        assert open_referral(somebody, ward.referral_id).sections == ()


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (AgencyKind.POLICE, {}),
        (AgencyKind.TRANSPORT, {}),
        (AgencyKind.SHELTER, {"hipaa_status": Answer.YES.value}),
        (AgencyKind.SOCIAL_SERVICE, {}),
        (AgencyKind.OPERATOR, {}),
        (AgencyKind.PROVIDER, {"hipaa_status": Answer.UNKNOWN.value, "treating_provider": True}),
    ],
)
def test_police_drivers_and_others_who_are_not_medical_stay_refused(ward: Ward, kind: AgencyKind, more: dict) -> None:
    other = open_agency(by=SETUP, slug=f"x-{kind}", name=f"X {kind}", kind=kind.value, **more)
    act = OpenInEmergency(referral_id=ward.referral_id, agency_id=other.id, nature=Nature.OVERDOSE)
    with pytest.raises(Denied) as refused:
        perform(ward.county.clinician, [act])
    assert refused.value.code == "RECIPIENT_NOT_COVERED"
    assert not EmergencyAccess.objects.exists()


def test_an_officer_does_not_open_in_an_emergency(ward: Ward) -> None:
    act = OpenInEmergency(referral_id=ward.referral_id, agency_id=ward.hospital.id, nature=Nature.OVERDOSE)
    with pytest.raises(Denied) as refused:
        perform(ward.county.officer, [act])
    assert refused.value.code == "ROLE"


def test_privacy_officers_of_both_sides_and_the_hospital_are_told_at_once(ward: Ward) -> None:
    opened(ward)
    told = Notice.objects.filter(referral_id=ward.referral_id, code="emergency-open")
    assert set(told.values_list("agency__slug", "role")) == {
        ("bhu", "privacy_officer"), ("hospital", "privacy_officer"), ("hospital", ""),
    }  # fmt: skip


def test_the_ledger_says_whom_what_and_on_which_ground(ward: Ward) -> None:
    opened(ward)
    row = Disclosure.objects.get(referral_id=ward.referral_id, recipient=ward.hospital)
    assert (row.basis, row.purpose, row.consent) == ("medical_emergency", "ETREAT", None)
    assert row.recipient_name == "Hospital"
    event = AuditEvent.objects.get(action="emergency.open")
    assert event.target == f"Referral/{ward.referral_id}"


def test_what_the_hospital_already_opens_is_not_opened_again(ward: Ward) -> None:
    opened(ward)
    with pytest.raises(Denied) as refused:
        opened(ward)
    assert refused.value.code == "ALREADY_PARTY"


def test_it_can_be_opened_again_when_the_hour_is_over(ward: Ward) -> None:
    access = opened(ward)
    with time_machine.travel(access.until + timedelta(minutes=5), tick=False):
        act = OpenInEmergency(referral_id=ward.referral_id, agency_id=ward.hospital.id, nature=Nature.SEIZURE)
        perform(ward.county.clinician, [act])
        assert open_referral(ward.nurse, ward.referral_id).sections
        place = Participation.objects.get(referral_id=ward.referral_id, agency=ward.hospital)
        assert place.until == timezone.now() + HOUR


@pytest.mark.parametrize(
    ("opened_at", "due"),
    [
        ("2026-11-25T10:00:00+00:00", "2026-11-27T10:00:00+00:00"),  # Wednesday to Friday
        ("2026-11-27T10:00:00+00:00", "2026-12-01T10:00:00+00:00"),  # Friday to Tuesday
        ("2026-11-28T10:00:00+00:00", "2026-12-01T10:00:00+00:00"),  # Saturday to Tuesday
        ("2026-11-27T20:00:00-05:00", "2026-12-01T20:00:00-05:00"),  # Friday evening, Saturday in UTC, to Tuesday
    ],
)
def test_the_second_person_has_two_business_days(opened_at: str, due: str) -> None:
    assert reviewed_by(datetime.fromisoformat(opened_at)) == datetime.fromisoformat(due)


def test_business_days_are_those_of_the_agency_that_opens(ward: Ward) -> None:
    with time_machine.travel("2030-11-30T01:00:00Z", tick=False):  # Friday, eight in the evening, in New York
        access = opened(ward)
    assert access.review_due == datetime.fromisoformat("2030-12-03T20:00:00-05:00")  # Tuesday
