"""What the frame of every page for staff shows of notices: how many are new."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from agencies.web.places import places_of
from referrals.notices.services.reading import unseen


def news(request: HttpRequest) -> dict[str, object]:
    """``news`` for templates: the number of notices not seen yet; asked only if a template shows it."""
    return {"news": SimpleLazyObject(lambda: unseen([place.actor for place in places_of(request)]))}
