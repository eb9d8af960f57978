"""Whose work a page is: the memberships of the person signed in, and the one that an address names.

The address of every page of an agency begins with ``/at/<agency>/<role>/``: two tabs of one person may be at work for
two agencies, and what is done in each runs, and is recorded, under its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext

from agencies.actor import Actor
from agencies.models import Agency, Membership
from agencies.roles import NAMES
from agencies.services import actors_of

P = ParamSpec("P")
KEPT = "_places"  # on the request: asked once, however often a page shows them


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One membership of the person signed in, and the actor it makes now."""

    membership: Membership
    actor: Actor

    @property
    def agency(self) -> Agency:
        """The agency this place is in."""
        return self.membership.agency

    @property
    def role_name(self) -> str:
        """What the role is called, in the reader's language."""
        return gettext(NAMES[self.actor.role])

    @property
    def at(self) -> tuple[str, str]:
        """What an address names it by: the handle of its agency and the role."""
        return self.agency.slug, self.actor.role.value


def places_of(request: HttpRequest) -> tuple[Place, ...]:
    """Every place the person signed in has now, oldest first; none for who is not signed in. Asked once."""
    found: tuple[Place, ...] | None = getattr(request, KEPT, None)
    if found is None:
        found = tuple(Place(membership=row, actor=actor) for row, actor in _actors(request))
        setattr(request, KEPT, found)
    return found


def _actors(request: HttpRequest) -> list[tuple[Membership, Actor]]:
    return actors_of(request.user) if request.user.is_authenticated else []


def place_at(request: HttpRequest, agency: str, role: str) -> Place:
    """The place an address names. Raises ``Http404`` unless it is one of this person's."""
    for place in places_of(request):
        if place.at == (agency, role):
            return place
    raise Http404


View = Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase]


def at_place(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Give a view the ``Place`` that its address names, and the clock of that agency; who is nobody signs in first."""

    @wraps(view)
    def at(request: HttpRequest, agency: str, role: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        place = place_at(request, agency, role)
        request.place = place  # type: ignore[attr-defined]  # for the frame of the page
        with timezone.override(place.agency.time_zone):
            return view(request, place, *args, **kwargs)

    return at


def clock_of(request: HttpRequest) -> str:
    """The zone of the reader's first place; UTC for who has none."""
    return next((place.agency.time_zone for place in places_of(request)), "UTC")


def by_readers_clock(view: Callable[Concatenate[HttpRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """For a page that belongs to no one agency: the reader's own clock."""

    @wraps(view)
    def at(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with timezone.override(clock_of(request)):
            return view(request, *args, **kwargs)

    return at


def at_place_if(let_in: Callable[[Actor], bool]) -> Callable[[View[P]], Callable[..., HttpResponseBase]]:
    """The same for places whose actor ``let_in`` says yes to. Raises ``Http404`` at every other."""

    def guard(view: View[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, place: Place, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not let_in(place.actor):
                raise Http404
            return view(request, place, *args, **kwargs)

        return at_place(guarded)

    return guard
