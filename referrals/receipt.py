"""What whoever began a referral keeps of it at once: the number to say, whom to call. Nothing of the client."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agencies.actor import Actor
from referrals.errors import NotFound
from referrals.models import Participation, ReferralTask
from referrals.onward.models import Routed
from referrals.services import chain, recording, urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One agency that was asked, and how to reach it by phone; ``covers`` are those in whose place it was."""

    name: str
    phone: str
    after_hours_phone: str
    connected: bool
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """``ambulance``: it was sent with a red flag, so an ambulance comes first."""

    referral_id: UUID
    reference: str
    sent_at: datetime
    asked: tuple[Asked, ...]
    ambulance: bool


def receipt_of(actor: Actor, referral_id: UUID) -> Receipt:
    """The receipt of a referral that this actor began. Raises ``NotFound`` for any other; recorded."""
    target = chain.target(referral_id)
    with recording.refusals(actor, "referral.receipt", target=target):
        mine = Participation.objects.select_related("referral").filter(
            referral_id=referral_id, agency_id=actor.agency_id, member_id=actor.membership_id
        )
        place = mine.first()
        if place is None:
            raise NotFound
    recording.record(actor, "referral.receipt", target=target)
    covered: dict[UUID, list[str]] = defaultdict(list)
    routed = Routed.objects.filter(task__referral_id=referral_id, task__requester_id=actor.agency_id)
    for task_id, name in routed.order_by("id").values_list("task_id", "coverage__covered__name"):
        covered[task_id].append(name)
    tasks = ReferralTask.objects.filter(referral_id=referral_id, requester_id=actor.agency_id).select_related("owner")
    return Receipt(
        referral_id=referral_id,
        reference=place.referral.reference,
        sent_at=place.referral.created_at,
        asked=tuple(
            Asked(
                name=task.owner.name,
                phone=task.owner.phone,
                after_hours_phone=task.owner.after_hours_phone,
                connected=task.owner.connected,
                covers=tuple(covered[task.pk]),
            )
            for task in tasks.order_by("id")
        ),
        ambulance=urgency.shown(place.referral, sworn=actor.sworn).called_at is not None,
    )
