"""What is due is deleted after two approvals and an export, certified, and leads nowhere; nothing else is."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.utils import timezone

from agencies.capabilities import Capability
from agencies.roles import Role
from agencies.services import change_grants
from agencies.vault.shred.models import ShredSecret
from audit.models import AuditEvent
from referrals.acts import AddSection
from referrals.blind import by_name
from referrals.errors import Broken, Denied, NotFound
from referrals.listing import inbox
from referrals.models import (
    BlindToken,
    Client,
    Disclosure,
    Idempotency,
    Manifest,
    Notice,
    Participation,
    ReferralTask,
    Section,
    StepTaken,
    Wrap,
)
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.policy.terms import Method
from referrals.retention import tasks
from referrals.retention.errors import Purged
from referrals.retention.models import Certificate, Export, Hold, Schedule
from referrals.retention.schedule import Category, Period
from referrals.retention.services.listing import due_list
from referrals.retention.services.schedules import approve_schedule
from referrals.retention.services.shredding import certificate_of, purge, purge_own, shred
from referrals.services import chain, clients
from referrals.signing.models import SigningRequest
from tests.county import CANARIES, SCREEN, SETUP
from tests.integrity.stage import member
from tests.retention.archive import (
    AUTHORITY,
    BORN,
    Archive,
    actor_again,
    approve_all,
    closed,
    deleted,
    export_of,
    log_verifies,
)
from tests.retention.conftest import Later
from tests.retention.deeds import due_of, events, refused

pytestmark = pytest.mark.django_db
OTTILIE = by_name(family="Zwillinger", given="Ottilie", born="2007-05-11")


def test_it_is_deleted_and_certified_by_the_authority_that_was_approved(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    lines = approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    made = shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)
    assert (made.folder_id, made.agency_id) == (referral, archive.county.police.id)
    assert (made.authority, made.schedule) == (AUTHORITY, lines[Category.CONTACT_INCIDENT])
    assert (made.category, made.by, made.age_told) == ("contact_incident", archive.privacy.name, True)
    assert made.export_digest == digest
    assert made.finished_at is not None
    assert made.counts["sections"] > 4
    assert certificate_of(archive.privacy, referral_id=referral) == made
    assert [code for _who, _how, code in events(referral, "retention.order")] == ["contact_incident+age-told"]
    assert events(referral, "retention.shred") == [(archive.privacy.name, "0", "contact_incident+age-told")]


def test_what_leads_to_the_client_is_gone_and_what_the_law_needs_stays(archive: Archive, later: Later) -> None:
    referral, neighbour = closed(archive), closed(archive, case="2")
    approve_all(archive)
    kept = {
        model: model._default_manager.count()
        for model in (Manifest, Disclosure, ReferralTask, StepTaken, Participation)
    }
    sections = Section.objects.filter(folder_id=neighbour).count()
    idempotency = Idempotency.objects.count()
    ask_to_sign(archive, referral)
    later()
    made = deleted(archive, referral)
    for rows in (
        Section.objects.filter(folder_id=referral),
        Wrap.objects.filter(folder_id=referral),
        Notice.objects.filter(referral_id=referral),
        Idempotency.objects.filter(result__referral=str(referral)),
        Participation.objects.filter(referral_id=referral).exclude(client=None),
        SigningRequest.objects.all(),
        ShredSecret.objects.filter(pk=referral),
    ):
        assert not rows.exists()
    assert {model: model._default_manager.count() for model in kept} == kept
    assert Section.objects.filter(folder_id=neighbour).count() == sections
    assert Idempotency.objects.count() == idempotency - 1
    assert made.counts["idempotency"] == 1
    assert (made.counts["clients"], made.counts["tokens"] > 4) == (2, True)
    assert Notice.objects.filter(referral_id=neighbour).exists()
    assert open_referral(archive.county.clinician, neighbour).sections


def ask_to_sign(archive: Archive, referral: UUID) -> None:
    """A link to sign a paper that nobody ever opened."""
    SigningRequest.objects.create(
        referral_id=referral,
        agency=archive.county.bhu,
        membership_id=archive.county.clinician.membership_id,
        paper="named",
        method=Method.ON_SCREEN.value,
        token_hash="0" * 64,
        code_hash="0",
        expires_at=timezone.now() + timedelta(days=1),
        sealed=b"sealed",
    )


def test_its_chain_and_the_log_still_check_and_opening_is_refused_without_an_alarm(
    archive: Archive, later: Later
) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    before = chain.load(referral)
    deleted(archive, referral)
    assert chain.load(referral) == before
    for actor in (archive.county.clinician, archive.county.officer, archive.keeper):
        with pytest.raises(Denied) as told:
            open_referral(actor, referral)
        assert told.value.code == "PURGED"
    with pytest.raises(Denied):
        perform(archive.county.clinician, [AddSection(referral_id=referral, data=json.dumps(SCREEN).encode())])
    assert referral not in [row.referral_id for row in inbox(archive.county.clinician)]
    assert not AuditEvent.objects.filter(outcome="8").exists()
    assert log_verifies()


def test_only_who_took_part_to_the_end_is_told_that_it_was_deleted(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    place = Participation.objects.filter(referral_id=referral, agency=archive.county.bhu)
    place.update(until=timezone.now(), ended_as="CONSENT_REVOKED")
    approve_all(archive)
    later()
    deleted(archive, referral)
    with pytest.raises(Denied) as ended:
        open_referral(archive.county.clinician, referral)
    assert ended.value.code == "CONSENT_REVOKED"
    with pytest.raises(NotFound):
        open_referral(archive.county.outsider, referral)


def test_a_search_for_the_client_finds_nothing_any_more(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    assert clients.find(archive.county.clinician, OTTILIE)
    deleted(archive, referral)
    assert clients.find(archive.county.clinician, OTTILIE) == []
    assert not Client.objects.exists()
    assert not BlindToken.objects.exists()


def test_a_client_of_whom_something_else_is_left_is_still_found_but_not_by_this_referral(
    archive: Archive, later: Later
) -> None:
    referral, second = closed(archive), closed(archive)  # the same case number: the same client
    approve_all(archive)
    later()
    (client,) = clients.find(archive.county.clinician, OTTILIE)
    assert clients.referrals_of(archive.county.clinician, [client]) == [referral, second]
    made = deleted(archive, referral)
    assert clients.find(archive.county.clinician, OTTILIE) == [client]
    assert clients.referrals_of(archive.county.clinician, [client]) == [second]
    assert (made.counts["clients"], made.counts["tokens"]) == (0, 0)


def test_without_a_schedule_that_both_approved_it_is_only_ever_a_list(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    later()
    digest, _file = export_of(archive, referral)
    (row,) = due_list(archive.privacy, born={referral: BORN}).due
    assert (row.referral_id, row.approved, row.authority, row.standing) == (referral, False, "", "due")
    refused(archive, referral, "NOT_APPROVED", digest=digest)
    for category in (Category.CLINICAL_SUD, Category.CONTACT_INCIDENT):
        approve_schedule(archive.records, category=category, authority=AUTHORITY)
    refused(archive, referral, "NOT_APPROVED", digest=digest)
    approve_schedule(archive.privacy, category=Category.CLINICAL_SUD, authority=AUTHORITY)
    refused(archive, referral, "NOT_APPROVED", digest=digest)
    assert purge(at=timezone.now()).deleted == ()
    approve_schedule(archive.privacy, category=Category.CONTACT_INCIDENT, authority=AUTHORITY)
    assert shred(archive.privacy, referral_id=referral, digest=digest, born=BORN).finished_at


def test_the_approval_of_another_agency_is_none(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    admin = archive.county.admin
    for category in (Category.CLINICAL_SUD, Category.CONTACT_INCIDENT):
        for officer in (admin, archive.bhu_privacy):
            approve_schedule(officer, category=category, authority=AUTHORITY)
    later()
    digest, _file = export_of(archive, referral)
    refused(archive, referral, "NOT_APPROVED", digest=digest)


def test_the_agency_has_its_own_record_first(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    refused(archive, referral, "EXPORT_MISSING")
    refused(archive, referral, "EXPORT_MISSING", digest="")
    assert [left.code for left in purge_own(archive.privacy, born={referral: BORN}).left] == ["EXPORT_MISSING"]
    digest, _file = export_of(archive, referral)
    refused(archive, referral, "EXPORT_MISSING", digest=digest[::-1])
    assert due_list(archive.privacy, born={referral: BORN}).due[0].export == "made"
    assert [row.export_digest for row in purge_own(archive.privacy, born={referral: BORN}).deleted] == [digest]


def test_the_export_of_another_referral_does_not_stand_for_this_one(archive: Archive, later: Later) -> None:
    referral, other = closed(archive), closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, other)
    refused(archive, referral, "EXPORT_MISSING", digest=digest)


def test_an_export_from_before_something_was_added_is_none(archive: Archive, later: Later) -> None:
    """The officer adds a fact after the export, a day before the referral would be due."""
    referral = closed(archive)
    approve_all(archive, clinical_sud=Period(days=30), contact_incident=Period(days=30))
    digest, _file = export_of(archive, referral)
    perform(archive.county.clinician, [AddSection(referral_id=referral, data=json.dumps(SCREEN).encode())])
    later(days=40 * 365)
    refused(archive, referral, "EXPORT_MISSING", digest=digest)
    fresh, _file = export_of(archive, referral)
    assert shred(archive.privacy, referral_id=referral, digest=fresh).finished_at


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
def test_no_other_role_deletes_though_it_be_lent_the_grant(archive: Archive, later: Later, role: Role) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    change_grants(by=SETUP, agency=archive.county.police, role=role, give=[Capability.VIEW_AUDIT])
    somebody = archive.keeper if role is Role.BHU_OFFICER else archive.records if role is Role.AGENCY_ADMIN else None
    somebody = actor_again(somebody or member(archive.county.police, role))
    for deed in (
        lambda: shred(somebody, referral_id=referral, digest=digest, born=BORN),
        lambda: purge_own(somebody, born={referral: BORN}),
        lambda: certificate_of(somebody, referral_id=referral),
    ):
        with pytest.raises(Denied) as refusal:
            deed()
        assert refusal.value.code == "ROLE"
    assert events(referral, "retention.shred") == [(somebody.name, "4", "ROLE")]
    assert AuditEvent.objects.filter(action="retention.purge", actor=somebody.name, outcome="4").count() == 1
    assert open_referral(archive.county.clinician, referral).sections


@pytest.mark.parametrize("who", ["bhu_privacy", "detox_privacy"])
def test_the_privacy_officer_of_another_agency_deletes_nothing(archive: Archive, later: Later, who: str) -> None:
    """Not of an agency that takes part, either."""
    referral = closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, referral)
    stranger = getattr(archive, who)
    with pytest.raises(NotFound):
        shred(stranger, referral_id=referral, digest=digest, born=BORN)
    assert due_list(stranger, born={referral: BORN}).due == ()
    assert purge_own(stranger, born={referral: BORN}).deleted == ()
    assert open_referral(archive.county.clinician, referral).sections


def test_what_is_gone_is_not_deleted_twice(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    made = deleted(archive, referral)
    with pytest.raises(Purged):
        shred(archive.privacy, referral_id=referral, digest=made.export_digest, born=BORN)
    assert due_of(archive, born={referral: BORN}) == []
    assert Certificate.objects.get() == made


def test_what_is_not_genuine_is_evidence_and_stays_and_the_job_goes_on(archive: Archive, later: Later) -> None:
    forged, genuine = closed(archive), closed(archive)
    approve_all(archive)
    later()
    digest, _file = export_of(archive, forged)
    export_of(archive, genuine)
    Manifest.objects.filter(folder_id=forged, number=1).update(signature=bytes(64))
    with pytest.raises(Broken):
        shred(archive.privacy, referral_id=forged, digest=digest, born=BORN)
    assert events(forged, "retention.shred") == [(archive.privacy.name, "8", "SEAL_BROKEN")]
    run = purge_own(archive.privacy, born={forged: BORN, genuine: BORN})
    assert [row.folder_id for row in run.deleted] == [genuine]
    assert [(left.referral_id, left.code) for left in run.left] == [(forged, "SEAL_BROKEN")]
    assert ShredSecret.objects.filter(pk=forged).exists()


def test_the_bell_rings_for_the_job(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later(days=40 * 365)
    export_of(archive, referral)
    tasks.purge()
    event = AuditEvent.objects.get(action="retention.shred")
    assert (event.actor, event.door, event.outcome) == ("System/retention", "worker", "0")
    assert certificate_of(archive.privacy, referral_id=referral).by == "System/retention"


def test_no_new_row_holds_a_word_about_the_client(archive: Archive, later: Later) -> None:
    referral = closed(archive)
    approve_all(archive)
    later()
    deleted(archive, referral)
    rows = [
        str(value)
        for model in (Schedule, Hold, Export, Certificate, AuditEvent)
        for row in model._default_manager.values()
        for value in [*row.values(), *(bytes(each) for each in row.values() if isinstance(each, bytes | memoryview))]
    ]
    assert AUTHORITY in rows
    assert [word for word in (*CANARIES, "2007") for row in rows if word in row] == []


def test_every_table_of_ours_was_looked_at() -> None:
    assert set(apps.get_app_config("retention").get_models()) == {Schedule, Hold, Export, Certificate}
