"""The first three gates of reading: grant, participation, policy. The list filter ``visible_to`` agrees with them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import OPEN, Capability
from fhir.content.compartments import Compartment
from referrals.errors import Denied, NotFound
from referrals.masks import BIT
from referrals.models import Participation
from referrals.policy.codes import WORDS, DenyCode
from referrals.policy.gate import Access, Decision, Deny, Permit, decide
from referrals.policy.matrix import Action

from .rows import select


def may(actor: Actor, mine: Participation | None, compartment: Compartment, *, at: datetime) -> bool:
    """Whether this actor may read ``compartment`` of the referral in which ``mine`` is its agency's place."""
    return isinstance(answer(actor, mine, compartment, at=at), Permit)


def answer(actor: Actor, mine: Participation | None, compartment: Compartment, *, at: datetime) -> Decision:
    """The gate's answer to reading ``compartment``, with its reason."""
    if mine is None or not actor.may(Capability.VIEW_INBOX):
        return Deny(DenyCode.NO_RELATIONSHIP)
    live = mine.since <= at and (mine.until is None or mine.until > at)
    return decide(
        Access(
            role=actor.role,
            granted=actor.may(OPEN[compartment]),
            action=Action.READ,
            compartment=compartment,
            takes_part=live and mine.agency_id == actor.agency_id,
            holds_compartment=bool(mine.mask & BIT[compartment]),
        )
    )


def place_of(actor: Actor, referral_id: UUID) -> Participation:
    """The actor's agency's place in the referral; one indexed look-up for yours, foreign and absent alike.

    Raises ``NotFound``, or ``Denied`` if that place has ended.
    """
    mine = next(iter(select(Participation, referral_id=referral_id, agency_id=actor.agency_id)), None)
    if mine is None or not actor.may(Capability.VIEW_INBOX):
        raise NotFound
    require_live(mine, timezone.now())
    return mine


def require_live(mine: Participation, at: datetime) -> None:
    """Raise ``Denied`` with the code under which this place ended, if it did."""
    if mine.until is not None and mine.until <= at:
        code = DenyCode(mine.ended_as or DenyCode.WITHDRAWN)
        raise Denied(WORDS[code], code=code)


def readable(
    actor: Actor, mine: Participation, compartments: Iterable[Compartment] | None = None
) -> frozenset[Compartment]:
    """The compartments to open: all that are permitted, or those asked for, if all are. Raises ``Denied``."""
    now = timezone.now()
    if compartments is None:
        return frozenset(part for part in Compartment if may(actor, mine, part, at=now))
    asked = frozenset(compartments)
    for compartment in sorted(asked):
        said = answer(actor, mine, compartment, at=now)
        if isinstance(said, Deny):
            raise Denied(f"{compartment}: {WORDS[said.code]}", code=said.code)
    return asked
