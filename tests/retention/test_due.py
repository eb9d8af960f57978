"""When something is due: not before its time, a minor later, an unknown age latest, and not by rows set back."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditEvent
from referrals.acts import AddSection, TakeStep
from referrals.consents.models import ConsentTerms
from referrals.errors import Invalid
from referrals.models import (
    Participation,
    Referral,
    ReferralTask,
    Section,
    StepTaken,
)
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.retention.schedule import Category, Period
from referrals.retention.services.listing import due_list
from referrals.retention.services.schedules import approve_schedule
from referrals.retention.services.shredding import purge, shred
from tests.county import SCREEN, consent_in
from tests.retention.archive import (
    AUTHORITY,
    BORN,
    Archive,
    approve_all,
    closed,
    export_of,
)
from tests.retention.conftest import Later
from tests.retention.deeds import due_of, refused

pytestmark = pytest.mark.django_db


def test_a_longer_period_of_the_receiving_agency_is_waited_for(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    for officer in (archive.county.admin, archive.bhu_privacy):
        approve_schedule(officer, category=Category.CLINICAL_SUD, authority=AUTHORITY, period=Period(years=10))
    later()
    digest, _file = export_of(archive, referral)
    refused(archive, referral, "NOT_DUE", digest=digest)
    later(days=3 * 365)
    assert shred(archive.privacy, referral_id=referral, digest=digest, born=BORN).finished_at


def test_nothing_is_deleted_before_its_time(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later(days=7 * 365)  # two leap days short of seven years
    digest, _file = export_of(archive, referral)
    assert due_of(archive, born={referral: BORN}) == []
    refused(archive, referral, "NOT_DUE", digest=digest)
    later(days=4)
    assert due_of(archive, born={referral: BORN}) == [referral]
    assert shred(archive.privacy, referral_id=referral, digest=digest, born=BORN).finished_at


def test_police_are_not_told_what_will_be_due(archive: Archive, later: Later) -> None:
    """Day by day they would learn which of their closed referrals somebody else still works on (R-P2-03)."""
    tomorrow = timezone.now().date() + timedelta(days=2)
    with pytest.raises(Invalid) as refusal:
        due_list(archive.privacy, at=tomorrow)
    assert [str(issue.expression) for issue in refusal.value.issues] == ["on"]
    assert AuditEvent.objects.get(action="retention.list").outcome == "4"
    assert due_list(archive.privacy, at=timezone.now().date() - timedelta(days=2)).due == ()
    assert due_list(archive.bhu_privacy, at=tomorrow).due == ()


def test_the_job_refuses_a_time_to_come(archive: Archive) -> None:
    with pytest.raises(ValueError, match="before its time"):
        purge(at=timezone.now() + timedelta(days=1))


def test_a_referral_that_nobody_closed_is_never_due(archive: Archive, later: Later) -> None:
    closed(archive, steps=("accept", "start"))
    later(days=50 * 365)
    assert due_of(archive) == []


def test_an_unknown_age_counts_as_the_longer_period(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    assert due_of(archive) == []
    refused(archive, referral, "NOT_DUE", digest=digest, born=None)
    assert purge(at=timezone.now()).deleted == ()
    later(days=17 * 365 + 5)  # now 25 years after it was made
    assert due_of(archive) == [referral]
    (made,) = purge(at=timezone.now()).deleted
    assert (made.folder_id, made.age_told, made.by) == (referral, False, "System/retention")


def test_a_minor_is_kept_to_the_25th_birthday(archive: Archive, later: Later) -> None:
    """Told to be born in 2012: fourteen in 2026, and 25 at the end of 2037 at the latest."""
    referral = closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    refused(archive, referral, "NOT_DUE", digest=digest, born=2012)
    assert due_of(archive, born={referral: 2012}) == []
    years = 2038 - timezone.now().year
    later(days=years * 366)
    assert shred(archive.privacy, referral_id=referral, digest=digest, born=2012).finished_at


def test_a_signed_consent_keeps_its_referral_and_nobody_shortens_it_by_sql(archive: Archive, later: Later) -> None:
    """The agency keeps referrals three years. This consent ends after half a year and is kept six more."""
    referral = closed(archive, steps=("accept",))
    paper = AddSection(referral_id=referral, data=consent_in(referral, days=180))
    perform(archive.county.clinician, [paper])
    task = ReferralTask.objects.get(referral_id=referral)
    perform(archive.county.clinician, [TakeStep(task_id=task.id, step="complete")])
    approve_all(archive, contact_incident=Period(years=3), clinical_sud=Period(years=3))
    later(days=4 * 365)
    digest, _file = export_of(archive, referral)
    assert due_of(archive, born={referral: BORN}) == []
    assert ConsentTerms.objects.filter(folder_id=referral).update(until=timezone.now() - timedelta(days=7 * 365)) == 1
    assert due_of(archive, born={referral: BORN}) == [referral]
    refused(archive, referral, "NOT_DUE", digest=digest)
    later(days=2 * 366 + 183)
    assert shred(archive.privacy, referral_id=referral, digest=digest, born=BORN).finished_at
    assert ConsentTerms.objects.filter(folder_id=referral).exists()


def test_what_was_declined_goes_after_ninety_days_and_what_was_taken_does_not(archive: Archive, later: Later) -> None:
    referral, taken = closed(archive, steps=("reject",)), closed(archive)
    approve_all(archive)
    later(days=90)
    assert due_of(archive) == []
    later(days=2)
    (row,) = due_list(archive.privacy).due
    assert (row.referral_id, row.category) == (referral, "unanswered")
    export_of(archive, referral)
    assert [row.folder_id for row in purge(at=timezone.now()).deleted] == [referral]
    assert open_referral(archive.county.clinician, taken).sections


@pytest.mark.parametrize("steps", [(), ("accept",), ("accept", "start")])
def test_what_is_still_open_is_never_due_also_if_nobody_ever_answers(
    archive: Archive, later: Later, steps: tuple[str, ...]
) -> None:
    referral = closed(archive, steps=steps)
    approve_all(archive)
    later(days=50 * 365)
    assert due_of(archive, born={referral: BORN}) == []
    digest, _file = export_of(archive, referral)
    refused(archive, referral, "NOT_DUE", digest=digest)
    assert purge(at=timezone.now()).deleted == ()


def test_who_declined_keeps_its_clinical_record_as_long_as_its_own_schedule_says(
    archive: Archive, later: Later
) -> None:
    """And nobody shortens that by moving the rows: the chain says who wrote."""
    referral = closed(archive, steps=())
    perform(archive.county.clinician, [AddSection(referral_id=referral, data=json.dumps(SCREEN).encode())])
    (task,) = ReferralTask.objects.filter(referral_id=referral)
    said = {"step": "reject", "reason": "no-capacity", "note": "We called her. No place before Monday."}
    perform(archive.county.clinician, [TakeStep(task_id=task.id, **said)])
    approve_all(archive)
    later(days=92)
    assert due_of(archive, born={referral: BORN}) == []
    assert Section.objects.filter(folder_id=referral).update(agency=archive.county.police)
    assert due_of(archive, born={referral: BORN}) == [referral]
    digest, _file = export_of(archive, referral)
    refused(archive, referral, "NOT_DUE", digest=digest)
    later(days=7 * 365)
    assert shred(archive.privacy, referral_id=referral, digest=digest, born=BORN).category == "unanswered"


def test_words_of_a_refusal_alone_keep_nothing(archive: Archive, later: Later) -> None:
    referral = closed(archive, steps=())
    (task,) = ReferralTask.objects.filter(referral_id=referral)
    said = {"step": "reject", "reason": "no-capacity", "note": "No place before Monday."}
    perform(archive.county.clinician, [TakeStep(task_id=task.id, **said)])
    later(days=92)
    assert due_of(archive) == [referral]


def test_rows_set_back_do_not_make_a_referral_older_than_what_was_signed(archive: Archive, later: Later) -> None:
    """Somebody with SQL makes a fresh referral look eight years old; the signed chain says when it was written."""
    approve_all(archive)
    later()
    referral = closed(archive)
    old = timezone.now() - timedelta(days=8 * 365)
    ReferralTask.objects.filter(referral_id=referral).update(changed_at=old)
    StepTaken.objects.filter(task__referral_id=referral).update(at=old)
    Participation.objects.filter(referral_id=referral).update(since=old)
    Section.objects.filter(folder_id=referral).update(created_at=old)
    Referral.objects.filter(pk=referral).update(created_at=old)
    assert due_of(archive, born={referral: BORN}) == [referral]
    refused(archive, referral, "NOT_DUE")


def test_a_longer_list_takes_no_more_queries(archive: Archive, later: Later) -> None:
    counts = {}
    for case in ("AF-1", "AF-2", "AF-3"):
        referral = closed(archive, case=case)
        later()
        export_of(archive, referral)
        born = dict.fromkeys(Referral.objects.values_list("pk", flat=True), BORN)
        with CaptureQueriesContext(connection) as asked:
            counts[len(due_list(archive.privacy, born=born).due)] = len(asked)
    assert counts.keys() == {1, 2, 3}
    assert len(set(counts.values())) == 1
