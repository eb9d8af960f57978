"""How an agency is reached: its mailbox and hours, who is on call, its own systems. For its administrator."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.web.places import Place, at_place
from referrals.notices.services import reaching

from .forms import ReachForm, ShiftForm, TimersForm, WebhookForm

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase]


def for_setters(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page at a place whose role says how its agency is reached; anybody else gets 404."""

    @at_place
    def guarded(request: HttpRequest, place: Place, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not reaching.may_set(place.actor):
            raise Http404
        return view(request, place, *args, **kwargs)

    return wraps(view)(guarded)


@require_http_methods(["GET", "HEAD", "POST"])
@for_setters
def reach(request: HttpRequest, place: Place) -> HttpResponse:
    """Mailbox and hours as a form; rota and webhooks as lists, with a form for one more of each."""
    form = ReachForm(request.POST or None, initial=ReachForm.of(reaching.reach_of(place.actor.agency_id)))
    if request.method == "POST" and _done(form, lambda said: reaching.set_reach(place.actor, **said)):
        messages.success(request, _("Saved."))
        return _back(place)
    return _page(request, place, form=form)


@require_POST
@for_setters
def timers(request: HttpRequest, place: Place) -> HttpResponse:
    """Set the agency's own times."""
    form = TimersForm(request.POST)
    if _done(form, lambda _said: reaching.set_timers(place.actor, form.minutes)):
        messages.success(request, _("Saved."))
        return _back(place)
    return _page(request, place, timers=form)


@require_POST
@for_setters
def add_shift(request: HttpRequest, place: Place) -> HttpResponse:
    """Put somebody on the rota."""
    form = ShiftForm(request.POST, members=reaching.staff_of(place.actor.agency_id))
    if _done(form, lambda said: reaching.add_shift(place.actor, **said)):
        return _back(place)
    return _page(request, place, shift=form)


@require_POST
@for_setters
def end_shift(_request: HttpRequest, place: Place, shift_id: UUID) -> HttpResponse:
    """Take a turn off the rota."""
    reaching.end_shift(place.actor, shift_id)
    return _back(place)


@require_POST
@for_setters
def add_webhook(request: HttpRequest, place: Place) -> HttpResponse:
    """Name a system of the agency's own; its secret is shown on this one page."""
    form, secrets = WebhookForm(request.POST), []
    if _done(form, lambda said: secrets.append(reaching.add_webhook(place.actor, **said))):
        return _page(request, place, secret=secrets[0])
    return _page(request, place, webhook=form)


@require_POST
@for_setters
def end_webhook(_request: HttpRequest, place: Place, webhook_id: UUID) -> HttpResponse:
    """Let a system hear of nothing more."""
    reaching.end_webhook(place.actor, webhook_id)
    return _back(place)


def _done(form: Form, act: Callable[[dict[str, Any]], object]) -> bool:
    """Whether a form is right and what it says is done; what the service finds wrong is said in it."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except ValidationError as wrong:
        form.add_error(None, wrong)
        return False
    return True


def _page(
    request: HttpRequest,
    place: Place,
    *,
    form: Form | None = None,
    shift: Form | None = None,
    webhook: Form | None = None,
    timers: Form | None = None,
    secret: str = "",
) -> HttpResponse:
    members = reaching.staff_of(place.actor.agency_id)
    shown = {
        "form": form or ReachForm(initial=ReachForm.of(reaching.reach_of(place.actor.agency_id))),
        "shift": shift or ShiftForm(members=members),
        "webhook": webhook or WebhookForm(),
        "timers": timers or TimersForm(initial=TimersForm.of(reaching.timers_of(place.actor.agency_id))),
        "secret": secret,
        "shifts": reaching.rota_of(place.actor.agency_id),
        "webhooks": reaching.webhooks_of(place.actor.agency_id),
    }
    wrong = any(each is not None and each.errors for each in (form, shift, webhook, timers))
    return render(request, "notices/reach.html", shown, status=422 if wrong else 200)


def _back(place: Place) -> HttpResponse:
    return HttpResponseRedirect(reverse("notices:reach", args=place.at), status=HTTPStatus.SEE_OTHER)
