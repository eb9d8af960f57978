"""Whether one click may sign somebody in: invented people alone, on the machine itself alone."""

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F
from django.http import HttpRequest
from django.http.request import split_domain_port

from bhu.models import DemoMark

LOOPBACK = frozenset({"127.0.0.1", "::1"})
NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
PROXIED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")


LEFT = DemoMark.objects.values_list(F("planned") - F("begun"), flat=True)
"""How much of the demo's history is still to be played; no row in a database that is no demo."""


def left() -> int | None:
    """How many referrals of the demo's history are still to come; ``None`` in a database that is no demo."""
    try:
        return None if settings.PRODUCTION else LEFT.first()
    except DatabaseError:  # the front page says so itself
        return None


def marked() -> bool:
    """Whether this database says of itself that it holds invented people only."""
    return left() is not None


def on_this_machine(request: HttpRequest) -> bool:
    """Whether the browser runs where the server runs, and calls it so. A proxy in front hides who asks."""
    host, _port = split_domain_port(request.get_host())
    near = request.META.get("REMOTE_ADDR") in LOOPBACK and host in NAMES
    return near and not any(name in request.headers for name in PROXIED)


def allowed(request: HttpRequest) -> bool:
    """Whether the demo's sign-in stands open to this request, and a session it began still counts."""
    return on_this_machine(request) and marked()
