"""What is put off is seen and called back by those who work on it, and what cannot be done is on record."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import User
from agencies.roles import Role
from agencies.services import actor_for, add_member, end_membership
from audit.models import AuditEvent
from referrals.acts import Offer, Send, TakeStep
from referrals.errors import Denied, NotFound, Refused
from referrals.later.models import QueuedAct
from referrals.later.services import call_back, do_due, put_off, waiting
from referrals.models import Referral
from referrals.perform import perform
from tests.county import SETUP, County, bundle_of

NIGHT = timedelta(hours=9)


@pytest.fixture
def referral(county: County) -> UUID:
    done = perform(county.officer, [Send(data=bundle_of(), to=(county.bhu.id,))])
    (task,) = done.tasks
    perform(county.clinician, [TakeStep(task_id=task, step="accept")])
    return done.referral_id


@pytest.fixture
def queued(county: County, referral: UUID) -> UUID:
    return put_off(
        county.clinician, Offer(referral_id=referral, to=(county.detox.id,)), not_before=timezone.now() + NIGHT
    )


def refusals(actor: Actor, action: str) -> list[str]:
    found = AuditEvent.objects.filter(actor=actor.name, action=action, outcome="4")
    return list(found.values_list("code", flat=True))


def test_the_shell_lists_what_waits_and_calls_it_back(
    county: County, referral: UUID, queued: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    who = ("--as", User.objects.get(memberships=county.clinician.membership_id).email)
    call_command("referral", "waiting", *who)
    said = capsys.readouterr().out
    assert f"{queued}  {Referral.objects.get(pk=referral).reference}  offer  → {county.detox.slug}" in said
    call_command("referral", "call-back", str(queued), *who)
    assert str(queued) in capsys.readouterr().out
    assert QueuedAct.objects.get(pk=queued).status == "withdrawn"
    assert waiting(county.clinician) == []
    assert do_due(at=timezone.now() + NIGHT) == 0


def test_nobody_else_sees_it_or_calls_it_back(county: County, queued: UUID) -> None:
    """Not the sender, nor another agency, nor a role without a part."""
    for stranger in (county.officer, county.outsider, county.detox_intake):
        assert waiting(stranger) == []
        with pytest.raises(NotFound):
            call_back(stranger, queued)
    with pytest.raises(Denied):
        waiting(county.admin)
    with pytest.raises(Denied):
        call_back(county.admin, queued)
    assert refusals(county.admin, "act.call-back") == ["ROLE"]
    assert QueuedAct.objects.get(pk=queued).status == "queued"


def test_who_left_does_nothing_later_and_the_log_says_why(county: County, referral: UUID) -> None:
    user = User.objects.create_user("leaving@bhu.example.org")
    leaving = actor_for(add_member(by=SETUP, agency=county.bhu, role=Role.CLINICIAN, user=user))
    put_off(leaving, Offer(referral_id=referral, to=(county.detox.id,)), not_before=timezone.now() + NIGHT)
    end_membership(by=SETUP, membership_id=leaving.membership_id)
    assert do_due(at=timezone.now() + NIGHT) == 1
    assert QueuedAct.objects.get().status == "refused"
    assert refusals(leaving, "act.do") == ["NOT_UNIT_MEMBER"]


def test_what_cannot_be_made_again_is_on_record(county: County, queued: UUID) -> None:
    row = QueuedAct.objects.get(pk=queued)
    QueuedAct.objects.filter(pk=queued).update(parameters=row.parameters | {"basis": "gone"})
    assert do_due(at=timezone.now() + NIGHT) == 1
    assert refusals(county.clinician, "act.do") == ["INVALID"]


def test_what_is_refused_when_its_hour_comes_is_on_record_once(county: County, queued: UUID, referral: UUID) -> None:
    act = Offer(referral_id=referral, to=(county.detox.id,))
    perform(county.clinician, [act])
    with pytest.raises(Refused):
        perform(county.clinician, [act])
    assert do_due(at=timezone.now() + NIGHT) == 1
    assert refusals(county.clinician, "act.do") == []
    assert QueuedAct.objects.get(pk=queued).status == "refused"
