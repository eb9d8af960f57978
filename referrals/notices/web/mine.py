"""One person's own notices: the list, having seen it, saying "we have it", and how they want to hear of more."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.models import User
from agencies.web.places import Place, at_place, by_readers_clock, places_of
from referrals.notices.services import acknowledging, measuring, reaching, reading

from .counting import undelivered
from .forms import WishForm


@require_safe
@login_required
@by_readers_clock
def lines(request: HttpRequest) -> HttpResponse:
    """What is new, in all places of the person, and which of their agencies have notices that reached nobody."""
    places = {place.actor.membership_id: place for place in places_of(request)}
    actors = [place.actor for place in places.values()]
    found = reading.lines(actors)
    shown = [_shown(line, places[line.actor.membership_id]) for line in found]
    said = {"lines": shown, "undelivered": undelivered(places.values()), "new": [line.id for line in found if line.new]}
    said["measured"] = [place for place in places.values() if measuring.may_see(place.actor)]
    return render(request, "notices/list.html", said)


def _shown(line: reading.Line, place: Place) -> dict[str, object]:
    leads_to = reverse(line.leads_to, args=place.at) if line.leads_to else ""
    return {"line": line, "place": place, "leads_to": leads_to}


@require_POST
@login_required
def seen(request: HttpRequest) -> HttpResponse:
    """Note that those that were shown as new were seen."""
    reading.see([place.actor for place in places_of(request)], list(_ids(request.POST.getlist("id"))))
    return _to_list()


def _ids(typed: list[str]) -> set[UUID]:
    found = set()
    for each in typed[: reading.PAGE]:
        try:
            found.add(UUID(each))
        except ValueError:
            continue
    return found


@require_POST
@at_place
def acknowledge(request: HttpRequest, place: Place, task_id: UUID) -> HttpResponse:
    """Say "we have it"."""
    acknowledging.acknowledge(place.actor, task_id)
    messages.success(request, _("Noted: your agency has it. It still waits for your answer."))
    return _to_list()


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    """How this person wants to hear of notices."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  signed in
    form = WishForm(request.POST or None, initial=WishForm.of(reaching.preference_of(user)))
    if request.method == "POST" and form.is_valid():
        reaching.prefer(user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("notices:settings"), status=HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "notices/settings.html", {"form": form}, status=status)


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("notices:list"), status=HTTPStatus.SEE_OTHER)
