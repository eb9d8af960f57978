"""Who covers an agency and whom it covers: the list, entering one, confirming and ending one. For administrators."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.coverage import services
from agencies.errors import AgencyError, CannotCover
from agencies.web.places import Place, at_place_if

from .forms import CoverageForm

FIELDS = {"agreement": "covering"}
"""Where the form has what the service calls otherwise."""


for_managers = at_place_if(services.may_manage)
"""Gives a view a place whose role says who covers; anybody else gets 404. A refusal is said on the list."""


@require_http_methods(["GET", "HEAD", "POST"])
@for_managers
def coverage(request: HttpRequest, place: Place) -> HttpResponse:
    """Both lists, and a form for one more."""
    form = CoverageForm(
        request.POST or None, choices=services.choices(place.agency), initial={"since": timezone.localdate()}
    )
    if request.method == "POST" and form.is_valid() and _entered(place, form):
        messages.success(request, _("Entered. They are told. Nothing is sent there before they confirm it."))
        return _back(place)
    rows = services.listed(place.actor)
    said = {
        "form": form,
        "by": [row for row in rows if row.covered_id == place.agency.pk],
        "of": [row for row in rows if row.covering_id == place.agency.pk],
    }
    return render(request, "coverage/list.html", said, status=422 if form.errors else 200)


def _entered(place: Place, form: CoverageForm) -> bool:
    """Whether it was entered; what the service finds wrong is said in the form, and what was typed stays."""
    covering_id, agreement_id = form.sides
    try:
        services.enter(place.actor, covering_id=covering_id, agreement_id=agreement_id, hours=form.hours)
    except ValidationError as wrong:
        for name, problems in wrong.message_dict.items():
            for problem in problems:
                box = FIELDS.get(name, name)
                form.add_error(box if box in form.fields else None, problem)
        return False
    except CannotCover as refused:
        form.add_error(None, str(refused))
        return False
    return True


@require_POST
@for_managers
def confirm(request: HttpRequest, place: Place, coverage_id: UUID) -> HttpResponse:
    """Take it on."""
    return _done(request, place, lambda: services.confirm(place.actor, coverage_id), _("Confirmed."))


@require_POST
@for_managers
def end(request: HttpRequest, place: Place, coverage_id: UUID) -> HttpResponse:
    """End it at once."""
    said = _("It has ended. What was sent before stays where it is.")
    return _done(request, place, lambda: services.end(place.actor, coverage_id), said)


def _done(request: HttpRequest, place: Place, act: Callable[[], None], said: str) -> HttpResponse:
    try:
        act()
    except (AgencyError, ValidationError) as refused:
        texts = refused.messages if isinstance(refused, ValidationError) else [str(refused)]
        messages.error(request, " ".join(texts))
    else:
        messages.success(request, said)
    return _back(place)


def _back(place: Place) -> HttpResponse:
    return HttpResponseRedirect(reverse("agencies:coverage", args=place.at), status=HTTPStatus.SEE_OTHER)
