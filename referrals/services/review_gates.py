"""The gates of a review case: a grant on this one referral, a loan of keys, the policy's answer about each part.

No other door asks them: with a case open, a privacy officer finds as little in lists and searches as without one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from agencies.actor import Actor
from agencies.models import Membership
from agencies.roles import Role
from agencies.vault import keyring
from agencies.vault.purposes import OPENED_BY
from fhir.content.compartments import Compartment
from referrals.errors import NotFound
from referrals.masks import BIT
from referrals.models import OPEN_IN_REVIEW, Participation, Referral, ReferralUserPermission
from referrals.policy.bases import EVERYTHING, RULES, Basis
from referrals.policy.codes import denied
from referrals.policy.gate import Access, Deny, decide
from referrals.policy.matrix import Action
from referrals.policy.reviewing import REASONS, Review

from .gating import Fields, lapsed, require_live
from .rows import select


def place_in_review(actor: Actor, referral_id: UUID, *, at: datetime) -> Participation:
    """The place of the actor's agency. Raises ``NotFound`` where it has none, ``Denied`` where that has ended."""
    mine = next(iter(select(Participation, referral_id=referral_id, agency_id=actor.agency_id)), None)
    if mine is None:
        raise NotFound
    require_live(mine, at)
    return mine


def fields_in_review(
    actor: Actor, mine: Participation, review: Review, parts: Iterable[Compartment]
) -> Mapping[Compartment, Fields]:
    """By part, the fields that the case opens. Raises ``Denied`` unless it opens every one of ``parts``."""
    grants = ReferralUserPermission.objects.live(actor, at=review.at).filter(content_object=mine.referral_id)
    open_now = review.until is not None and review.until > review.at
    granted, ground = not open_now or grants.exists(), RULES[Basis(mine.basis)].fields  # not open: the case says why
    found = {}
    for part in parts:
        said = decide(
            Access(
                role=actor.role,
                granted=granted,
                action=Action.READ,
                compartment=part,
                takes_part=mine.agency_id == actor.agency_id,
                holds_compartment=bool(mine.mask & BIT[part]),
                purpose=REASONS[review.reason].purpose,
                own=True,
                age=review.at - mine.since,
                helped=False,
                lapsed=lapsed(mine, at=review.at),
                review=review,
            )
        )
        if isinstance(said, Deny):
            raise denied(said.code)
        allowed = ground if said.fields >= EVERYTHING else said.fields & ground
        found[part] = Fields(allowed, allowed)
    return found


def open_to(
    membership_id: UUID, referral_id: UUID, parts: Iterable[Compartment], *, at: datetime, until: datetime
) -> None:
    """Grant one member this referral, and lend it the keys of ``parts``, until then; in the caller's transaction.

    Raises ``NotFound`` for who is no member any more, ``CannotOpen`` for a role that is lent nothing.
    """
    member = Membership.objects.live(at).filter(pk=membership_id).first()
    if member is None or member.user_id is None:
        raise NotFound
    permission = Permission.objects.get(
        content_type=ContentType.objects.get_for_model(Referral), codename=OPEN_IN_REVIEW
    )
    ReferralUserPermission.objects.update_or_create(
        user_id=member.user_id,
        permission=permission,
        content_object_id=referral_id,
        defaults={"membership_id": membership_id, "until": until},
    )
    purposes = {OPENED_BY[part] for part in parts}
    keyring.lend(membership_id, Role(member.role), referral_id, purposes, at=at, until=until)


def shut_to(membership_id: UUID, referral_id: UUID, *, at: datetime) -> None:
    """Take both back now; in the caller's transaction."""
    ReferralUserPermission.objects.filter(
        membership_id=membership_id, content_object=referral_id, permission__codename=OPEN_IN_REVIEW
    ).delete()
    keyring.take_back(membership_id, referral_id, at=at)
