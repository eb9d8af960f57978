"""Mandated reports: who makes one, who reads it, and what stays out of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.errors import NotAMember
from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership, User
from agencies.roles import FITTING, Role
from agencies.services import actor_for, add_member, end_membership, membership_of
from audit.uuid7 import uuid7
from referrals.acts import Send
from referrals.errors import Denied, Invalid
from referrals.legal import services
from referrals.legal.errors import NoSuchPaper, Unsealable
from referrals.legal.kinds import Report
from referrals.legal.models import LegalWrap, MandatedReport
from referrals.perform import perform
from tests.county import SETUP, bundle_of
from tests.legal.town import BEFORE_2000, FIELDS, INJURY, Events, Town, hours_ago, member, refused, report, stranger_to

REPORTERS = ("clinician", "coordinator", "intake", "coach", "officer")


@pytest.mark.parametrize("role", Role)
def test_a_report_is_read_by_its_reporter_and_the_privacy_officer_and_by_no_other_role(
    town: Town, events: Events, role
):
    made = report(town.county.clinician)
    events.new()
    reader = town.roles[role]
    if role is Role.PRIVACY_OFFICER:
        assert INJURY in services.open_report(reader, made.id).text
        assert events.new() == [("legal.read", f"MandatedReport/{made.id}", "0", "elder_abuse")]
        return
    refusal = refused(services.open_report, reader, made.id)
    code = "NOT_FOUND" if role.value in REPORTERS else "ROLE"
    assert refusal.code == code
    assert INJURY not in str(refusal)
    assert events.new() == [("legal.read", f"MandatedReport/{made.id}", "4", code)]


@pytest.mark.parametrize("role", sorted(FITTING[AgencyKind.BHU]))
def test_a_superuser_reads_what_the_role_of_the_membership_reads(town: Town, role):
    made = report(town.county.clinician)
    root = town.county.superuser
    with pytest.raises(NotAMember):
        membership_of(email=root.email)
    actor = actor_for(add_member(by=SETUP, agency=town.county.bhu, role=role, user=root))
    if role is Role.PRIVACY_OFFICER:
        assert services.open_report(actor, made.id)
    else:
        assert isinstance(refused(services.open_report, actor, made.id), Denied | NoSuchPaper)


@pytest.mark.parametrize("reporter", REPORTERS)
def test_each_reporter_reads_the_own_report_and_none_of_a_colleagues(town: Town, reporter):
    made = report(town.roles[Role(reporter)])
    assert dict(services.open_report(town.roles[Role(reporter)], made.id).fields) == FIELDS
    for other in REPORTERS:
        if other != reporter:
            assert isinstance(refused(services.open_report, town.roles[Role(other)], made.id), NoSuchPaper)
    desk = member(town.county.police, Role.PRIVACY_OFFICER) if reporter == "officer" else town.privacy
    assert services.open_report(desk, made.id).text.endswith(f"Seen at home with {INJURY}.")


@pytest.mark.parametrize("role", [role for role in Role if role.value not in REPORTERS])
def test_nobody_else_makes_one(town: Town, events: Events, role):
    assert refused(report, town.roles[role]).code == "ROLE"
    assert events.new() == [("legal.report", f"Agency/{town.county.bhu.id}", "4", "ROLE")]
    assert MandatedReport.objects.count() == LegalWrap.objects.count() == 0


def test_a_foreign_report_and_an_absent_one_get_the_same_answer(town: Town):
    made = report(town.county.clinician)
    for actor in (town.foreign, town.county.outsider, town.county.detox_intake):
        answers = [refused(services.open_report, actor, id_) for id_ in (made.id, uuid7())]
        assert {(type(each), str(each)) for each in answers} == {
            (NoSuchPaper, "There is no such legal paper or report for you.")
        }


def test_a_reporter_who_left_reads_it_no_more_and_the_privacy_officer_still_does(town: Town, events: Events):
    actor = town.roles[Role.COACH]
    made = report(actor)
    events.new()
    end_membership(by=SETUP, membership_id=actor.membership_id)
    assert isinstance(refused(services.open_report, actor, made.id), Unsealable)
    assert events.new()[-1] == ("legal.read", f"MandatedReport/{made.id}", "8", "SEAL_BROKEN")
    assert services.open_report(town.privacy, made.id)


def test_a_membership_that_was_never_there_opens_nothing(town: Town):
    made = report(town.county.clinician)
    for actor in (
        stranger_to(town.privacy),
        replace(town.roles[Role.CHIEF], role=Role.PRIVACY_OFFICER, capabilities=town.privacy.capabilities),
    ):
        assert isinstance(refused(services.open_report, actor, made.id), Unsealable)


def test_an_elders_report_leaves_out_substance_use_unit_and_pathway(town: Town):
    told = {"substance_use": "opioids", "unit": "Merrow BHU", "pathway": "naloxone_plus", "treatment": "OTP"}
    refusal = refused(report, town.county.clinician, fields=FIELDS | told)
    assert isinstance(refusal, Invalid)
    assert {"substance_use", "unit", "pathway", "treatment"} <= {issue.expression for issue in refusal.issues}
    made = report(town.county.clinician)
    said = services.open_report(town.county.clinician, made.id).text.lower()
    assert not [word for word in ("opioid", "bhu", "naloxone", "otp", "substance", "program") if word in said]


def test_the_own_units_name_is_refused_unless_the_unit_is_known_to_be_no_program(town: Town):
    named = FIELDS | {"employer": "works for bhu"}
    refusal = refused(report, town.county.clinician, fields=named)
    assert [issue.expression for issue in refusal.issues] == ["employer"]
    Agency.objects.filter(pk=town.county.bhu.id).update(part2_status="no")
    assert report(town.county.clinician, fields=named)


def test_the_name_of_any_unit_known_to_be_a_program_is_refused(town: Town):
    named = FIELDS | {"whereabouts": "last seen at Clinic"}
    assert report(town.county.clinician, fields=named)  # status unknown: the name of many a place
    Agency.objects.filter(pk=town.county.clinic.id).update(part2_status="yes")
    refusal = refused(report, town.county.clinician, fields=named)
    assert [issue.expression for issue in refusal.issues] == ["whereabouts"]


def test_a_childs_report_may_say_it_and_is_sealed_like_the_others(town: Town):
    told = {"circumstances": "Left alone during an overdose.", "unit": "Bhu", "pathway": "naloxone_plus"}
    made = report(town.county.coordinator, kind=Report.CHILD, fields=told)
    assert dict(services.open_report(town.privacy, made.id).fields) == told
    assert isinstance(refused(services.open_report, town.county.clinician, made.id), NoSuchPaper)


def test_the_deadlines_run_from_when_the_reporter_came_to_know(town: Town):
    at = hours_ago(2)
    made = report(town.county.clinician, made_at=at)
    assert (made.call_by, made.written_by) == (at, at + timedelta(hours=48))
    assert made.tell == "Elder protective services"
    Agency.objects.filter(pk=town.county.bhu.id).update(state="IL")
    made = report(town.county.clinician, made_at=at)
    assert (made.call_by, made.written_by) == (at + timedelta(hours=24), None)


def test_the_call_and_the_writing_are_written_down_once_by_the_reporter(town: Town, events: Events):
    made = report(town.county.clinician, called_at=None)
    events.new()
    later = services.follow_up(town.county.clinician, made.id, called_at=hours_ago(1))
    assert later.called_at
    assert later.written_at is None
    again = refused(services.follow_up, town.county.clinician, made.id, called_at=hours_ago(1), written_at=hours_ago(1))
    assert [issue.expression for issue in again.issues] == ["called_at"]
    assert MandatedReport.objects.get().written_at is None
    assert refused(services.follow_up, town.county.clinician, made.id).code == "INVALID"
    assert refused(services.follow_up, town.county.coordinator, made.id, written_at=hours_ago(1)).code == "NOT_FOUND"
    assert refused(services.follow_up, town.privacy, made.id, written_at=hours_ago(1)).code == "ROLE"
    assert [(action, code) for action, _, _, code in events.new()] == [
        ("legal.follow", "elder_abuse"), ("legal.follow", "INVALID"), ("legal.follow", "INVALID"),
        ("legal.follow", "NOT_FOUND"), ("legal.follow", "ROLE"),
    ]  # fmt: skip


@pytest.mark.parametrize("field", ["made_at", "called_at", "written_at"])
@pytest.mark.parametrize("at", [BEFORE_2000, timezone.now() + timedelta(days=400)], ids=["1999", "future"])
def test_a_bad_clock_is_refused_by_field(town: Town, events: Events, field, at):
    refusal = refused(report, town.county.clinician, **{field: at})
    assert [issue.expression for issue in refusal.issues] == [field]
    assert [row[0::2] for row in events.new()] == [("legal.report", "4")]
    if field != "made_at":
        made = report(town.county.clinician, called_at=None)
        refusal = refused(services.follow_up, town.county.clinician, made.id, **{field: at})
        assert [issue.expression for issue in refusal.issues] == [field]


def test_a_list_tells_that_reports_were_made_and_nothing_in_them(town: Town):
    mine, theirs = report(town.county.clinician), report(town.county.coordinator)
    assert [row.id for row in services.reports(town.county.clinician)] == [mine.id]
    listed = services.reports(town.privacy)
    assert {row.id for row in listed} == {mine.id, theirs.id}
    assert INJURY not in str(listed)
    assert services.reports(town.foreign) == []
    assert refused(services.reports, town.roles[Role.CHIEF]).code == "ROLE"


def test_it_can_name_a_referral_that_the_reporter_works_with_and_no_other(town: Town):
    done = perform(town.county.officer, [Send(data=bundle_of(), to=(town.county.bhu.id,))])
    report(town.county.clinician, referral=done.reference)
    assert MandatedReport.objects.get().referral_id == done.referral_id
    foreign = perform(town.county.officer, [Send(data=bundle_of(), to=(town.county.detox.id,))])
    for spoken in (foreign.reference, str(foreign.referral_id), "ZZZZ-9999", "nonsense"):
        assert isinstance(refused(report, town.county.clinician, referral=spoken), NoSuchPaper)
    assert MandatedReport.objects.count() == 1


def test_somebody_who_makes_himself_the_reporter_in_the_database_reads_nothing(town: Town, events: Events):
    made = report(town.county.clinician)
    MandatedReport.objects.filter(pk=made.id).update(membership_id=town.roles[Role.CLINICIAN].membership_id)
    events.new()
    assert isinstance(refused(services.open_report, town.roles[Role.CLINICIAN], made.id), Unsealable)
    assert events.new()[-1] == ("legal.read", f"MandatedReport/{made.id}", "8", "SEAL_BROKEN")


def test_the_database_refuses_an_unknown_kind(town: Town):
    made = report(town.county.clinician)
    with pytest.raises(IntegrityError), transaction.atomic():
        MandatedReport.objects.filter(pk=made.id).update(kind="gossip")


def test_a_person_of_two_memberships_reads_by_the_one_that_reported(town: Town):
    user = User.objects.get(memberships=town.county.clinician.membership_id)
    second = actor_for(add_member(by=SETUP, agency=town.county.bhu, role=Role.COACH, user=user))
    made = report(town.county.clinician)
    assert Membership.objects.filter(user=user).count() == 2
    assert isinstance(refused(services.open_report, second, made.id), NoSuchPaper)
