"""Every page for people who are signed in leaves an event: that of what it calls, or else one of the page itself.

A page that is added later is in the log whether its author thought of it or not. The event is written before the
answer goes out: one that cannot be written stops it.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch

from audit import door, log
from audit.outcome import Outcome
from bhu.signin import events
from bhu.signin.free import name_of

OPEN, SEND, REFUSE = "page.open", "page.send", "page.refuse"

SILENT: Mapping[str, str] = MappingProxyType(
    {
        "front": "the same for everybody, and nothing of anybody",
        "offline": "the same for everybody, and nothing of anybody",
        "worker": "a script, the same for everybody",
        "healthz": "asked by machines every few seconds; says alive",
        "readyz": "asked by machines every few seconds; says which check fails",
        "referrals:still": "asked by a page every 15 seconds; says whether to look again, and shows nothing",
        "audit:checkpoint": "a witness's, each minute: a tree head and hashes; an event would ask for the next visit",
        "audit:cosignature": "what a witness signed, kept as a row that stays; a change is audit.witness",
        "signin:active": "that somebody is typing, or whether a page is locked; shows nothing",
    }
)
"""The pages that leave no event, and why. Whoever is not signed in leaves none at any page that needs it: nothing is
shown and nobody is refused, they are asked to sign in."""


def left(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware. It stands after those that say who is signed in."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with door.counted() as written:
            response = answer(request)
            if not written and request.resolver_match is not None:
                _leave(request, request.resolver_match, response.status_code)
        return response

    return middleware


def _leave(request: HttpRequest, match: ResolverMatch, status: int) -> None:
    name, action = name_of(match), _action(request.method, status)
    if not action or name in SILENT or not request.user.is_authenticated:
        return
    refused = action == REFUSE
    referral, place = match.kwargs.get("referral_id"), getattr(request, "place", None)
    log.record(
        action=action,
        target=f"Referral/{referral}" if referral else f"Page/{name}",
        actor=place.actor.name if place else events.person(request.user),
        agency=str(place.actor.agency_id) if place else events.agency_of(request.user),
        outcome=Outcome.REFUSED if refused else Outcome.SUCCESS,
        code=str(status) if refused else name if referral else "",
    )


def _action(method: str | None, status: int) -> str:
    """What became of a request; "" for what shows nothing and does nothing: a fault of ours, or the way to a page."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ""
    if status >= HTTPStatus.BAD_REQUEST and status != HTTPStatus.UNPROCESSABLE_ENTITY:
        return REFUSE
    if method not in ("GET", "HEAD"):
        return SEND
    return OPEN if status < HTTPStatus.MULTIPLE_CHOICES else ""
