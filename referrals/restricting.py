"""A client asks that a referral be shared no further (42 CFR 2.26, R-P2-20): nothing crosses until it is reviewed."""

from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.roles import Role
from referrals.consents.models import Restriction
from referrals.errors import IllegalStep, NotFound
from referrals.models import Notice, Referral
from referrals.services import chain, recording
from referrals.services.gating import place_of
from referrals.services.offices import require_privacy_officer


def ask(actor: Actor, referral_id: UUID) -> UUID:
    """Write down that the client asked; from now on nothing of the referral crosses a boundary. Returns its id.

    Whoever works on the referral may be told. Raises ``NotFound`` and ``Denied`` as opening does.
    """
    target = chain.target(referral_id)
    with recording.one_act(actor, "restriction.ask", target=target):
        place_of(actor, referral_id)
        # An act that has asked whether one is open already is waited for, the next one finds this.
        Referral.objects.select_for_update(no_key=True, of=("self",)).get(pk=referral_id)
        row = Restriction.objects.create(
            referral_id=referral_id, agency_id=actor.agency_id, asked_by=actor.membership_id
        )
        Notice.objects.create(
            agency_id=actor.agency_id,
            referral_id=referral_id,
            code="restriction-asked",
            role=Role.PRIVACY_OFFICER.value,
        )
        recording.record(actor, "restriction.ask", target=target, code=f"Restriction/{row.id}")
    return row.id


def review(actor: Actor, restriction_id: UUID, *, agreed: bool) -> None:
    """The privacy officer of the agency that was asked agrees or not. Agreed, it stands; else sharing goes on.

    Raises ``Denied`` for anybody else, ``NotFound``, ``IllegalStep`` for one reviewed already.
    """
    with recording.one_act(actor, "restriction.review", target=f"Restriction/{restriction_id}"):
        row = _locked(actor, restriction_id)
        row.reviewed_at, row.reviewed_by, row.agreed = timezone.now(), actor.membership_id, agreed
        row.save(update_fields=["reviewed_at", "reviewed_by", "agreed"])
        said = "agreed" if agreed else "not-agreed"
        recording.record(actor, "restriction.review", target=chain.target(row.referral_id), code=said)


def _locked(actor: Actor, restriction_id: UUID) -> Restriction:
    require_privacy_officer(actor)
    row = (
        Restriction.objects.select_for_update(no_key=True).filter(pk=restriction_id, agency_id=actor.agency_id).first()
    )
    if row is None:
        raise NotFound
    if row.reviewed_at is not None:
        raise IllegalStep(name="review", state="reviewed", allowed=(), what="the request")
    return row
