"""What pages show of signing in: whether everybody here is invented, and how this person may unlock."""

from functools import cache

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from . import demo, unlocking
from .models import Sitting
from .sso import services


def signin(request: HttpRequest) -> dict[str, object]:
    """What templates show of it, each asked only if a template shows it. ``demo_left`` is how much of the demo's
    history is still to come.
    """
    left = cache(lambda: _demo_left(request))
    return {
        "demo_shown": SimpleLazyObject(lambda: left() is not None),
        "demo_left": SimpleLazyObject(lambda: left() or 0),
        "demo_open": SimpleLazyObject(lambda: demo.allowed(request)),
        "directories": SimpleLazyObject(services.active),
        "unlock_directory": SimpleLazyObject(lambda: unlocking.directory(request)),
        "unlock_ways": SimpleLazyObject(lambda: unlocking.ways(request)),
    }


def _demo_left(request: HttpRequest) -> int | None:
    """Told by the row of the session where there is one: no page asks twice."""
    row: Sitting | None = getattr(request, "sitting", None)
    try:
        return row.demo_left if row is not None else demo.left()  # type: ignore[attr-defined]  # an annotation
    except DatabaseError:  # the page that says so must still be shown
        return None
