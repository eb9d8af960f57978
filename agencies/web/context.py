"""What the frame of every page for staff shows: the places of the person, and the one this page is in."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agencies.capabilities import Capability

from .places import places_of


def places(request: HttpRequest) -> dict[str, object]:
    """``places``, ``place`` and whether the person ``sends`` referrals, for templates; asked only if one shows them."""
    return {
        "places": SimpleLazyObject(lambda: places_of(request)),
        "place": getattr(request, "place", None),
        "sends": SimpleLazyObject(lambda: _sends(request)),
    }


def _sends(request: HttpRequest) -> bool:
    return any(place.actor.may(Capability.SEND_REFERRALS) for place in places_of(request))
