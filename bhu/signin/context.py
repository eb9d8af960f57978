"""What pages show of signing in: whether everybody here is invented, and how this person may unlock."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from . import demo, unlocking
from .models import Sitting


def signin(request: HttpRequest) -> dict[str, object]:
    """``demo_shown``, ``demo_open`` and ``unlock_ways`` for templates; each asked only if a template shows it."""
    return {
        "demo_shown": SimpleLazyObject(lambda: _demo_shown(request)),
        "demo_open": SimpleLazyObject(lambda: demo.allowed(request)),
        "unlock_ways": SimpleLazyObject(lambda: unlocking.ways(request)),
    }


def _demo_shown(request: HttpRequest) -> bool:
    """Told by the row of the session where there is one: no page asks twice."""
    row: Sitting | None = getattr(request, "sitting", None)
    return bool(row.in_demo) if row is not None else demo.marked()  # type: ignore[attr-defined]  # an annotation
