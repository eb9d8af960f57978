"""Every door that is the privacy officer's asks for the role and for the grant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import User
from agencies.roles import Role
from agencies.services import actor_for, add_member
from audit.models import AuditEvent
from referrals import restricting
from referrals.emergencies import services as emergencies
from referrals.errors import Denied
from referrals.legal import services as legal
from referrals.legal.kinds import Paper
from referrals.legal.models import LegalRequest
from referrals.receipts import accounting
from referrals.retention.models import HoldKind
from referrals.retention.schedule import Scope
from referrals.retention.services import holds, listing, shredding
from tests.county import SETUP, County

ID = uuid4()


def register(actor: Actor) -> object:
    return legal.register_request(
        actor, kind=Paper.SUBPOENA, subject="A", sender="B", received_at=timezone.now() - timedelta(hours=1)
    )


DOORS: dict[str, Callable[[Actor], object]] = {
    "restriction.review": lambda actor: restricting.review(actor, ID, agreed=True),
    "emergency.review": lambda actor: emergencies.review(actor, ID, justified=True),
    "emergency.read": lambda actor: emergencies.read_words(actor, ID),
    "emergency.list": emergencies.open_list,
    "legal.register": register,
    "legal.answer": lambda actor: legal.answer_request(actor, ID),
    "legal.list": legal.requests,
    "legal.open": lambda actor: legal.open_request(actor, ID),
    "legal.read": lambda actor: legal.open_report(actor, ID),
    "accounting.report": lambda actor: accounting.accounting(actor, referrals=[ID], for_client=False),
    "accounting.list": lambda actor: accounting.intermediary_list(actor, referrals=[ID]),
    "accounting.suspend": lambda actor: accounting.suspend(actor, ID, until=timezone.now(), written=True),
    "retention.list": listing.due_list,
    "retention.hold": lambda actor: holds.place_hold(actor, kind=HoldKind.LITIGATION, case="1", scope=Scope.AGENCY),
    "retention.lift": lambda actor: holds.lift_hold(actor, hold_id=ID),
    "retention.shred": lambda actor: shredding.shred(actor, referral_id=ID, digest=""),
    "retention.purge": lambda actor: shredding.purge_own(actor, born={}),
    "retention.certificate": lambda actor: shredding.certificate_of(actor, referral_id=ID),
}


@pytest.fixture
def privacy(county: County) -> Actor:
    user = User.objects.create_user("privacy.office@bhu.example.org")
    return actor_for(add_member(by=SETUP, agency=county.bhu, role=Role.PRIVACY_OFFICER, user=user))


@pytest.mark.parametrize("action", DOORS)
def test_a_privacy_officer_whose_grant_was_taken_is_refused_and_it_is_on_record(action: str, privacy: Actor) -> None:
    bare = replace(privacy, capabilities=frozenset())
    with pytest.raises(Denied):
        DOORS[action](bare)
    refused = AuditEvent.objects.filter(actor=bare.name, outcome="4", code="ROLE")
    assert list(refused.values_list("action", flat=True)) == [action]


@pytest.mark.parametrize("action", DOORS)
def test_the_grant_in_another_role_opens_none_of_them(action: str, county: County) -> None:
    lent = replace(county.admin, capabilities=frozenset({Capability.VIEW_AUDIT}))
    with pytest.raises(Denied):
        DOORS[action](lent)


def test_whose_grant_was_taken_sees_no_row(privacy: Actor) -> None:
    register(privacy)
    assert LegalRequest.objects.visible_to(privacy).count() == 1
    assert not LegalRequest.objects.visible_to(replace(privacy, capabilities=frozenset())).exists()
