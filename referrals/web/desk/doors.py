"""The doors of the desk: places whose role is the privacy officer's, or an office of the agency. Anybody else: 404."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from agencies.actor import Actor
from agencies.offices import Office, holds, is_privacy_officer
from agencies.web.places import Place, at_place_if
from referrals.errors import IllegalStep, Invalid


def _holds_an_office(actor: Actor) -> bool:
    return any(holds(actor, office) for office in Office)


for_officers = at_place_if(is_privacy_officer)
"""Gives a view the place of a privacy officer. Raises ``Http404`` for every other."""
for_offices = at_place_if(_holds_an_office)
"""The same for whoever holds an office of the agency: a privacy officer or its admin."""


def to(place: Place, name: str, *args: object) -> HttpResponseRedirect:
    """Where the answer to something sent is to be read."""
    return HttpResponseRedirect(reverse(f"referrals:{name}", args=[*place.at, *args]), status=HTTPStatus.SEE_OTHER)


def form_page(request: HttpRequest, template: str, said: dict[str, Any]) -> HttpResponse:
    """A page with a form; 422 if something of it is wrong."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY if said["form"].errors else HTTPStatus.OK
    return render(request, template, said, status=status)


def tried(request: HttpRequest, form: Form, act: Callable[[], object]) -> bool:
    """Do it; what the service finds wrong stands beside its field, and what cannot be done any more is said."""
    try:
        act()
    except Invalid as refusal:
        for issue in refusal.issues:
            form.add_error(issue.expression if issue.expression in form.fields else None, issue.text)
        return False
    except IllegalStep as refusal:
        messages.warning(request, str(refusal))
    return True
