"""A client asks that a referral be shared no further (42 CFR 2.26, R-P2-20): nothing crosses until it is reviewed."""

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.consents.models import Restriction
from referrals.errors import IllegalStep, NotFound
from referrals.masks import BIT
from referrals.models import Participation, Referral
from referrals.policy.codes import DenyCode, denied
from referrals.services import chain, recording, telling
from referrals.services.gating import place_of
from referrals.services.offices import require_privacy_officer
from referrals.services.restriction import Places, helpers


def ask(actor: Actor, referral_id: UUID) -> UUID:
    """Write down that the client asked; from now on nothing of the referral crosses a boundary. Returns its id.

    Whoever works on the referral and knows who it is may be told. All helping units that work with the client learn
    of it, and the privacy officers who review it; police never. Raises ``NotFound`` and ``Denied`` as opening does.
    """
    target = chain.target(referral_id)
    with recording.one_act(actor, "restriction.ask", target=target):
        _require_identity(place_of(actor, referral_id))
        # An act that has asked whether one is open already is waited for, the next one finds this.
        Referral.objects.select_for_update(no_key=True, of=("self",)).get(pk=referral_id)
        row = Restriction.objects.create(
            referral_id=referral_id, agency_id=actor.agency_id, asked_by=actor.membership_id
        )
        places = _places(referral_id)
        _tell(row, "restriction-asked", helpers(places, at_work_besides=actor.agency_id))
        _tell(row, "restriction-asked", _reviewers(row, places), role=Role.PRIVACY_OFFICER)
        recording.record(actor, "restriction.ask", target=target, code=f"Restriction/{row.id}")
    return row.id


def review(actor: Actor, restriction_id: UUID, *, agreed: bool) -> None:
    """A privacy officer of a unit that holds the referral agrees or not. Agreed, it stands; else sharing goes on.

    Such a unit is one it began with or was sent to; where none is left, the agency that was asked.
    Raises ``Denied`` for anybody else, ``NotFound``, ``IllegalStep`` for one reviewed already.
    """
    with recording.one_act(actor, "restriction.review", target=f"Restriction/{restriction_id}"):
        row = _locked(actor, restriction_id)
        row.reviewed_at, row.reviewed_by, row.agreed = timezone.now(), actor.membership_id, agreed
        row.save(update_fields=["reviewed_at", "reviewed_by", "agreed"])
        _tell(row, "restriction-reviewed", helpers(_places(row.referral_id), at_work_besides=actor.agency_id))
        said = "agreed" if agreed else "not-agreed"
        recording.record(actor, "restriction.review", target=chain.target(row.referral_id), code=said)


def _locked(actor: Actor, restriction_id: UUID) -> Restriction:
    require_privacy_officer(actor)
    row = Restriction.objects.select_for_update(no_key=True).filter(pk=restriction_id).first()
    if row is None:
        raise NotFound
    if actor.agency_id not in {each.agency_id for each in _reviewers(row, _places(row.referral_id))}:
        raise NotFound
    if row.reviewed_at is not None:
        raise IllegalStep(name="review", state="reviewed", allowed=(), what="the request")
    return row


def _require_identity(mine: Participation) -> None:
    """Raise ``Denied`` for an agency that knows of an anonymous ask alone: it cannot have heard it from the client."""
    if not mine.mask & BIT[Compartment.CONTACT]:
        raise denied(DenyCode.COMPARTMENT)


def _places(referral_id: UUID) -> Places:
    rows = Participation.objects.filter(referral_id=referral_id).select_related("agency", "task", "referral")
    return {row.agency_id: row for row in rows}


def _reviewers(row: Restriction, places: Places) -> list[Participation]:
    """Where it is reviewed: at the helping units that hold the referral, else at the agency that was asked."""
    holding = [place for place in helpers(places) if _holds(place)]
    return holding or [places[row.agency_id]]


def _holds(place: Participation) -> bool:
    """Whether the referral began with this agency or was sent to it, not offered on."""
    return place.referral.origin_id == place.agency_id or (place.task is not None and place.task.part_of_id is None)


def _tell(row: Restriction, code: str, places: Iterable[Participation], *, role: Role | None = None) -> None:
    agencies = [place.agency_id for place in places]
    telling.tell(agencies, row.referral_id, code, at=timezone.now(), role=role)
