"""Reading one referral: its page, its history, what an agency wrote itself, and why something is not open."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from agencies import directory
from agencies.web.places import Place, places_of
from fhir.content.compartments import Compartment
from referrals import listing
from referrals.errors import NotFound
from referrals.explaining import explain
from referrals.notices.services import attempts
from referrals.opening import OpenReferral, open_own, open_referral
from referrals.policy.matrix import Action
from referrals.web import words
from referrals.web.care.tools import tools_for

from . import tabs
from .cards import cards
from .doors import elsewhere, of_referral
from .pieces import parts
from .scopes import in_words


@require_safe
@of_referral
def page(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """The referral: one opening of the parts behind one tab."""
    tab = tabs.BY_NAME.get(request.GET.get("part", ""))
    if tab is None:
        raise NotFound
    opened = open_referral(place.actor, referral_id, compartments=tab.asked, only=tab.parts)
    return render(request, "file/page.html", shown(opened) | _around(place, opened, tab))


def _around(place: Place, opened: OpenReferral, tab: tabs.Tab) -> dict[str, Any]:
    return {
        "cards": cards(place.actor, opened.tasks),
        "tabs": tabs.shown(opened.parts),
        "tab": tab,
        "tools": list(tools_for(place, opened.id)),
    }


def shown(opened: OpenReferral) -> dict[str, Any]:
    """What every page that shows sections of a referral shows."""
    return {
        "opened": opened,
        "referral_id": opened.id,
        "service": words.service(opened.service_type),
        "priority": words.priority(opened.priority),
        "parts": parts(opened.sections, directory.Names(opened.knows), today=timezone.localdate()),
        "scopes": [in_words(scope) for scope in opened.scopes] if _names_somebody(opened) else [],
    }


def _names_somebody(opened: OpenReferral) -> bool:
    """Whether more than the anonymous ask is shown: with that alone, the scope of a consent would hint at the rest."""
    return any(section.compartment is not Compartment.REQUEST for section in opened.sections)


@require_safe
@of_referral
def own(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """What the agency wrote itself, also after its part has ended."""
    opened = open_own(place.actor, referral_id)
    return render(request, "file/own.html", shown(opened))


@require_safe
@of_referral
def history(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """What happened, newest first, as far as this agency is shown it."""
    steps = listing.history(place.actor, referral_id)
    names = directory.Names()
    lines = [words.Happened.of(step, names, ours=place.agency.slug) for step in reversed(steps)]
    return render(request, "file/history.html", {"lines": lines, "referral_id": referral_id})


@require_safe
@of_referral
def told(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """How the agencies that this one asked were told, as long as they have not answered."""
    found = attempts.of_referral(place.actor, referral_id)
    return render(request, "file/told.html", {"told": found, "referral_id": referral_id})


@require_safe
@of_referral
def why(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """Why a part is open to the reader or is not, and what would open it. Says nothing of what lies there."""
    asked = request.GET.get("about", "")
    if not listing.at_home([place.actor], referral_id) or (asked and asked not in set(Compartment)):
        raise NotFound
    said = explain(place.actor, referral_id, Compartment(asked), Action.READ) if asked else None
    answer = {"said": said, "about": words.part(Compartment(asked)), "remedy": gettext(said.remedy)} if said else {}
    if said and said.words:
        answer["words"] = gettext(said.words)
    choices = [(part.value, words.part(part)) for part in Compartment]
    return render(request, "file/why.html", {"choices": choices, "asked": asked, "referral_id": referral_id, **answer})


@require_safe
@login_required
def anywhere(request: HttpRequest, referral_id: UUID) -> HttpResponseBase:
    """A referral by its id alone, as a notice names it: at the reader's only place in it, or at one they choose."""
    places = {place.actor: place for place in places_of(request)}
    mine = listing.at_home(list(places), referral_id)
    if len(mine) == 1:
        return redirect("referrals:file", *places[mine[0]].at, referral_id)
    return elsewhere(request, referral_id)
