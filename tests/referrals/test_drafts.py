"""Drafts: sealed, their author's alone, in one version at a time, gone when their time is over."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Membership
from agencies.roles import Role
from agencies.services import actor_for, add_member, end_membership
from agencies.vault import keyring
from agencies.vault.models import AgencyKey
from agencies.vault.purposes import KeyPurpose
from audit.models import AuditEvent
from referrals.drafts import sealing, services, tasks
from referrals.drafts.errors import AlreadySent, Changed
from referrals.drafts.models import Draft
from referrals.errors import Broken, Denied, Invalid, NotFound
from referrals.retention.services.tidying import DELETED, tidy
from referrals.services import rewrapping
from tests.county import SETUP, County

pytestmark = pytest.mark.django_db

FORM = "referral"
SAID = {"given": ["Ottilie"], "to": ["a", "b"]}


@pytest.fixture
def colleague(county: County) -> Actor:
    """Another officer of the same department."""
    user = Membership.objects.get(pk=county.other_officer.membership_id).user
    return actor_for(add_member(by=SETUP, agency=county.police, role=Role.OFFICER, user=user))


@pytest.fixture
def keep(county: County) -> Callable[..., services.Kept]:
    def keep(draft_id=None, *, actor=None, version=0, part="told", content=SAID):
        return services.keep(
            actor or county.officer, draft_id or uuid4(), form=FORM, version=version, part=part, content=content
        )

    return keep


def test_what_was_typed_comes_back_to_its_author_as_it_was(county, keep):
    kept = keep()
    assert services.open_draft(county.officer, kept.id, form=FORM).parts == {"told": SAID}
    assert b"Ottilie" not in bytes(Draft.objects.get().sealed)


def test_each_page_of_a_draft_is_kept_apart(county, keep):
    kept = keep()
    kept = keep(kept.id, version=kept.version, part="medical", content={"checked": ["on"]})
    assert (kept.version, kept.parts) == (2, {"told": SAID, "medical": {"checked": ["on"]}})


def test_the_same_again_is_no_change(keep):
    kept = keep()
    assert keep(kept.id).version == keep(kept.id, version=1).version == 1
    assert AuditEvent.objects.filter(action="draft.keep").count() == 1


def test_two_versions_of_the_same_draft_are_told_apart(keep):
    kept = keep()
    keep(kept.id, version=1, content={"given": ["Wrenna"]})
    for stale in (0, 1, 3):
        with pytest.raises(Changed) as refusal:
            keep(kept.id, version=stale, content={"given": ["Jessamy"]})
        assert refusal.value.kept.parts["told"] == {"given": ["Wrenna"]}


def test_to_everybody_else_it_is_not_there(county, colleague, keep):
    kept = keep()
    for stranger in (colleague, county.clinician, county.outsider):
        assert services.drafts_of(stranger, form=FORM) == []
        for call in (
            lambda who: services.open_draft(who, kept.id, form=FORM),
            lambda who: services.discard(who, kept.id, form=FORM),
            lambda who: keep(kept.id, actor=who, version=1),
            lambda who: keep(kept.id, actor=who),
        ):
            with pytest.raises(NotFound):
                call(stranger)
    assert services.open_draft(county.officer, kept.id, form=FORM).version == 1


def test_a_row_that_is_given_to_somebody_else_does_not_open(county, colleague, keep):
    kept = keep()
    Draft.objects.update(membership_id=colleague.membership_id)
    with pytest.raises(Broken):
        services.open_draft(colleague, kept.id, form=FORM)
    assert AuditEvent.objects.get(action="draft.open").outcome == "8"


@pytest.mark.parametrize(
    "change", [{"version": 7}, {"form": "other"}, {"sealed": b"\1" * 400}, {"wrapped": b"\1" * 90}]
)
def test_a_row_that_was_tampered_with_does_not_open(county, keep, change):
    kept = keep()
    Draft.objects.update(**change)
    with pytest.raises(Broken):
        services.open_draft(county.officer, kept.id, form=change.get("form", FORM))


def test_who_left_opens_nothing_of_what_they_wrote(county, keep):
    kept = keep()
    end_membership(by=SETUP, membership_id=county.officer.membership_id)
    with pytest.raises(Broken):
        services.open_draft(county.officer, kept.id, form=FORM)


def test_a_role_that_writes_nothing_keeps_nothing(county, keep):
    with pytest.raises(Denied):
        keep(actor=county.admin)


def test_a_draft_has_a_size(keep):
    with pytest.raises(Invalid):
        keep(content={"narrative": ["x" * services.LONGEST]})


def test_a_list_says_when_and_nothing_else(county, keep):
    kept = keep()
    (line,) = services.drafts_of(county.officer, form=FORM)
    assert line.id == kept.id
    assert line.expires_at - line.began_at == timedelta(days=7)


def test_what_was_sent_holds_nothing_and_goes_with_the_referral(county, keep):
    kept, referral_id = keep(), uuid4()
    assert not services.sent(county.officer, kept.id, version=1, referral_id=referral_id)
    row = Draft.objects.get()
    assert bytes(row.sealed) == bytes(row.wrapped) == b""
    for call in (lambda: services.open_draft(county.officer, kept.id, form=FORM), lambda: keep(kept.id, version=1)):
        with pytest.raises(AlreadySent) as refusal:
            call()
        assert refusal.value.referral_id == referral_id
    assert DELETED["drafts"] == (Draft, "referral_id")
    assert tidy(referral_id, at=timezone.now())["drafts"] == 1


def test_what_another_tab_kept_since_it_was_looked_at_was_not_sent_and_stays(county, keep):
    kept = keep()
    keep(kept.id, version=1, content={"given": ["Wrenna"]})
    assert services.sent(county.officer, kept.id, version=1, referral_id=uuid4())
    assert services.open_draft(county.officer, kept.id, form=FORM).parts == {"told": {"given": ["Wrenna"]}}
    assert not services.sent(county.officer, kept.id, version=2, referral_id=uuid4())
    assert not services.sent(county.officer, kept.id, version=2, referral_id=uuid4())
    with pytest.raises(AlreadySent):
        services.open_draft(county.officer, kept.id, form=FORM)


def test_the_database_says_it_too(county, keep):
    keep()
    with pytest.raises(IntegrityError), transaction.atomic():
        Draft.objects.update(referral_id=uuid4())


def test_seven_days_after_it_was_begun_it_is_gone_even_if_it_was_kept_since(county, keep):
    kept = keep()
    began = timezone.now()
    with time_machine.travel(began + timedelta(days=6), tick=False):
        keep(kept.id, version=1, content={"given": ["Wrenna"]})
    with time_machine.travel(began + timedelta(days=7, minutes=1), tick=False):
        with pytest.raises(NotFound):
            services.open_draft(county.officer, kept.id, form=FORM)
        tasks.expire()
    assert not Draft.objects.exists()
    assert AuditEvent.objects.filter(action="draft.expire", target=f"Draft/{kept.id}").count() == 1


def test_a_new_key_of_the_agency_carries_drafts_over(county, keep):
    kept = keep()
    old = Draft.objects.get().key_id
    rewrapping.rotate(by=SETUP, agency=county.police, purpose=KeyPurpose.DRAFT)
    assert (sealing.rewrap_all(), sealing.rewrap_all()) == (1, 0)
    assert Draft.objects.get().key_id != old
    assert services.open_draft(county.officer, kept.id, form=FORM).parts == {"told": SAID}


def test_an_agency_whose_keys_are_older_than_drafts_gets_that_key_at_its_first(county, keep):
    AgencyKey.objects.filter(agency=county.police, purpose=KeyPurpose.DRAFT.value).delete()
    keyring.forget()
    keep()
    assert AgencyKey.objects.filter(agency=county.police, purpose=KeyPurpose.DRAFT.value).count() == 1
