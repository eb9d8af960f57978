"""What takes an office of the agency, refused to whoever holds none; and how who holds one names a referral."""

from uuid import UUID

from agencies.actor import Actor
from agencies.offices import Office, holds
from referrals.errors import Denied, NotFound
from referrals.models import Participation
from referrals.policy.codes import WORDS, DenyCode
from referrals.reference import read_reference


def office_of(actor: Actor) -> Office:
    """The office the actor holds. Raises ``Denied`` if it holds none."""
    office = next((each for each in Office if holds(actor, each)), None)
    if office is None:
        raise Denied(WORDS[DenyCode.ROLE], code=DenyCode.ROLE)
    return office


def require(actor: Actor, office: Office) -> None:
    """Raise ``Denied`` unless the actor holds ``office``."""
    if not holds(actor, office):
        raise Denied(WORDS[DenyCode.ROLE], code=DenyCode.ROLE)


def require_privacy_officer(actor: Actor) -> None:
    """Raise ``Denied`` for anybody but a privacy officer of the agency."""
    require(actor, Office.PRIVACY)


def referral_called(actor: Actor, spoken: str) -> UUID:
    """The id of a referral the agency takes part in, or did, by its number; an id as typed.

    Who holds an office has no worklist to find it by. Raises ``NotFound``, absent and foreign alike.
    """
    number = read_reference(spoken)
    if number is not None:
        places = Participation.objects.filter(agency_id=actor.agency_id, referral__reference=number)
        found: UUID | None = places.values_list("referral_id", flat=True).first()
        if found is None:
            raise NotFound
        return found
    try:
        return UUID(spoken)
    except ValueError:
        raise NotFound from None
