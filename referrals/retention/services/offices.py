"""Who the person behind an office is, and which referrals are theirs to decide on."""

from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Membership
from referrals.errors import NotFound
from referrals.models import Participation, Referral
from referrals.policy.codes import DenyCode, denied
from referrals.services import recording
from referrals.services.naming import referral_called
from referrals.services.offices import office_of


def person_of(actor: Actor) -> UUID:
    """The person behind the actor, asked of the database now. Raises ``Denied`` for a machine or a past member."""
    live = Membership.objects.live(timezone.now()).filter(
        pk=actor.membership_id, agency_id=actor.agency_id, role=actor.role.value, user__isnull=False
    )
    found: UUID | None = live.values_list("user_id", flat=True).first()
    if found is None:
        raise denied(DenyCode.NOT_UNIT_MEMBER)
    return found


def require_own(actor: Actor, referral_id: UUID) -> Referral:
    """The referral, if it began with the actor's agency. Raises ``NotFound``."""
    found = Referral.objects.select_related("origin").filter(pk=referral_id, origin_id=actor.agency_id).first()
    if found is None:
        raise NotFound
    return found


def require_party(agency_id: UUID, referral_id: UUID) -> None:
    """Raise ``NotFound`` unless the agency takes part in the referral, or ever did."""
    if not Participation.objects.filter(referral_id=referral_id, agency_id=agency_id).exists():
        raise NotFound


def find_referral(actor: Actor, spoken: str) -> UUID:
    """The id behind a reference number of this agency's, or an id as typed. Raises ``NotFound``, recorded.

    As ``listing.find_referral``, for who holds an office alone.
    """
    with recording.refusals(actor, "retention.find"):
        office_of(actor)
        return referral_called(actor, spoken)
