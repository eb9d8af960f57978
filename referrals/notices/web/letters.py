"""Notices that reached nobody: a list that a person empties."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.web.places import Place, at_place
from referrals.notices.services import letters


@require_safe
@at_place
def undelivered(request: HttpRequest, place: Place) -> HttpResponse:
    """The list, each with every attempt."""
    if not letters.may_see(place.actor):
        raise Http404
    reasons = [(code, _(word)) for code, word in letters.REASONS.items()]
    return render(request, "notices/undelivered.html", {"letters": letters.letters(place.actor), "reasons": reasons})


@require_POST
@at_place
def again(request: HttpRequest, place: Place, delivery_id: UUID) -> HttpResponse:
    """Send one again."""
    letters.send_again(place.actor, delivery_id)
    messages.success(request, _("It is tried again now, and for three days."))
    return _back(place)


@require_POST
@at_place
def let_be(request: HttpRequest, place: Place, delivery_id: UUID) -> HttpResponse:
    """Let one be, and say why."""
    letters.let_be(place.actor, delivery_id, reason=request.POST.get("reason", ""))
    messages.success(request, _("It is let be."))
    return _back(place)


def _back(place: Place) -> HttpResponse:
    return HttpResponseRedirect(reverse("notices:undelivered", args=place.at), status=HTTPStatus.SEE_OTHER)
