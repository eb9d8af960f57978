"""What the frame of every page for staff shows: the places of the person, and the one this page is in."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from .places import clock_of, places_of


def places(request: HttpRequest) -> dict[str, object]:
    """``places``, ``place`` and ``clock``, the reader's zone, for templates; asked only if a template shows them."""
    return {
        "places": SimpleLazyObject(lambda: places_of(request)),
        "place": getattr(request, "place", None),
        "clock": lambda: clock_of(request),
    }
