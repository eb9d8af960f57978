"""Who may decide over keeping and deleting, and which referrals are theirs to decide on."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import Membership
from agencies.roles import Role
from referrals.errors import Denied, NotFound
from referrals.models import Participation, Referral
from referrals.policy.codes import WORDS, DenyCode
from referrals.reference import read_reference
from referrals.services import recording


class Office(StrEnum):
    """The two whose approvals a schedule needs. There is no role of a records officer yet: the agency's admin is it."""

    RECORDS = "records"
    PRIVACY = "privacy"


HELD_BY: Mapping[Office, tuple[Role, Capability]] = MappingProxyType(
    {
        Office.RECORDS: (Role.AGENCY_ADMIN, Capability.MANAGE_MEMBERS),
        Office.PRIVACY: (Role.PRIVACY_OFFICER, Capability.VIEW_AUDIT),
    }
)
"""Role and grant, both: a grant lent to another role reads the log, and deletes nothing."""


def office_of(actor: Actor) -> Office:
    """The office the actor holds. Raises ``Denied`` if it holds neither."""
    for office, (role, capability) in HELD_BY.items():
        if actor.role is role and actor.may(capability):
            return office
    raise Denied(WORDS[DenyCode.ROLE], code=DenyCode.ROLE)


def require(actor: Actor, office: Office) -> None:
    """Raise ``Denied`` unless the actor holds ``office``."""
    if office_of(actor) is not office:
        raise Denied(WORDS[DenyCode.ROLE], code=DenyCode.ROLE)


def person_of(actor: Actor) -> UUID:
    """The person behind the actor, asked of the database now. Raises ``Denied`` for a machine or a past member."""
    live = Membership.objects.live(timezone.now()).filter(
        pk=actor.membership_id, agency_id=actor.agency_id, role=actor.role.value, user__isnull=False
    )
    found: UUID | None = live.values_list("user_id", flat=True).first()
    if found is None:
        raise Denied(WORDS[DenyCode.NOT_UNIT_MEMBER], code=DenyCode.NOT_UNIT_MEMBER)
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

    Not ``listing.find_referral``: who holds an office has no worklist.
    """
    with recording.refusals(actor, "retention.find"):
        office_of(actor)
        number = read_reference(spoken)
        if number is None:
            return _uuid(spoken)
        places = Participation.objects.filter(agency_id=actor.agency_id, referral__reference=number)
        found = places.values_list("referral_id", flat=True).first()
        if found is None:
            raise NotFound
        return found


def _uuid(spoken: str) -> UUID:
    try:
        return UUID(spoken)
    except ValueError:
        raise NotFound from None
