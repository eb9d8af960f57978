"""Which referral somebody means who says its number."""

from uuid import UUID

from agencies.actor import Actor
from referrals.errors import NotFound
from referrals.models import Participation
from referrals.reference import read_reference


def referral_called(actor: Actor, spoken: str) -> UUID:
    """The id of a referral the agency takes part in, or did, by its number; an id as typed.

    Nothing is decided here: whoever goes on with the id answers, so that a number and an id get the same answer, also
    where a part has ended (R-P2-13). Raises ``NotFound``, absent and foreign alike.
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
