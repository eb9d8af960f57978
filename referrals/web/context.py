"""What the frame of every page for staff asks of referrals: whether somebody here can begin one."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agencies.web.places import places_of
from referrals.starting import may_start


def starting(request: HttpRequest) -> dict[str, object]:
    """``starts`` for templates: whether any place of the person begins referrals; asked only if a template shows it."""
    return {"starts": SimpleLazyObject(lambda: any(may_start(place.actor) for place in places_of(request)))}
