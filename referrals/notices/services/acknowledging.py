"""Saying "we have it": no answer, and no step, but the sender's side need not be called for it."""

from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from referrals.errors import Gone, NotFound
from referrals.models import ReferralTask
from referrals.notices.models import Acknowledgement
from referrals.policy.codes import DenyCode, denied
from referrals.services import fetching, recording
from referrals.services.gating import place_of
from referrals.workflow import State


def acknowledge(actor: Actor, task_id: UUID) -> None:
    """Note that the actor's agency has seen what it was asked; said again, nothing changes.

    Raises ``NotFound`` for a task that is not put to it, ``Denied`` for who answers nothing, ``Gone`` if it was
    answered or called off already.
    """
    with recording.one_act(actor, "task.acknowledge", target=f"Task/{task_id}"):
        found = ReferralTask.objects.filter(pk=task_id, owner_id=actor.agency_id).first()
        if found is None:
            raise NotFound
        place_of(actor, found.referral_id)
        if not actor.may(Capability.ANSWER_REFERRALS):
            raise denied(DenyCode.ROLE)
        fetching.locked_referral(found.referral_id)
        task = fetching.locked_task(task_id, of=found.referral_id)
        if task is None or task.status != State.REQUESTED.value:
            raise Gone("This was answered already, or called off.")
        Acknowledgement.objects.get_or_create(
            task_id=task_id, defaults={"membership_id": actor.membership_id, "at": timezone.now()}
        )
        recording.record(actor, "task.acknowledge", target=f"Task/{task_id}")
