"""The register of incidents as pages: the list, a new one, and one with its timers, its assessment and its end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from agencies.web.places import Place
from referrals.desk import kinds
from referrals.desk.kinds import IncidentKind, IncidentState
from referrals.desk.services import incidents
from referrals.errors import IllegalStep, Invalid

from .doors import for_officers, form_page, to, tried
from .forms import AssessForm, IncidentForm


@require_safe
@for_officers
def register(request: HttpRequest, place: Place) -> HttpResponse:
    """All of them; what is due first on top."""
    found = [_head(shown) for shown in incidents.register(place.actor)]
    return render(request, "desk/incidents.html", {"incidents": found})


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def new(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Write one down."""
    form = IncidentForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        typed = {**form.cleaned_data, "kind": IncidentKind(form.cleaned_data["kind"])}
        if tried(request, form, lambda: incidents.open_incident(place.actor, **typed)):
            messages.success(request, gettext("The incident is in the register."))
            return to(place, "desk-incident", typed["key"])
    return form_page(request, "desk/incident_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def one(request: HttpRequest, place: Place, incident_id: UUID) -> HttpResponseBase:
    """One of them. Sent: somebody was told, it was assessed, or it is over."""
    form = AssessForm(request.POST if "breach" in request.POST or "assess" in request.POST else None)
    if request.method == "POST":
        answer = _sent(request, place, incident_id, form)
        if answer is not None:
            return answer
    opened = incidents.read(place.actor, incident_id)
    factors = {gettext(incidents.FACTORS[name]): text for name, text in opened.factors.items()}
    said = {"opened": opened, "factors": factors, "form": form, **_head(opened.shown)}
    return form_page(request, "desk/incident.html", said)


def _sent(request: HttpRequest, place: Place, incident_id: UUID, form: AssessForm) -> HttpResponseBase | None:
    """The way on, or ``None`` where something beside the form is to be mended."""
    if form.is_bound:
        if not form.is_valid():
            return None
        breach = form.cleaned_data["breach"] == "yes"
        if not tried(
            request,
            form,
            lambda: incidents.assess(place.actor, incident_id, breach=breach, factors=form.cleaned_data),
        ):
            return None
        return to(place, "desk-incident", incident_id)
    try:
        if "told" in request.POST:
            incidents.tell(place.actor, incident_id, request.POST["told"], at=timezone.now())
        elif "close" in request.POST:
            incidents.close(place.actor, incident_id)
            messages.success(request, gettext("The incident is closed."))
    except IllegalStep as overtaken:
        messages.warning(request, str(overtaken))
    except Invalid as refusal:
        lacking = "; ".join(gettext(issue.text) for issue in refusal.issues)
        messages.error(request, gettext("Not yet done: %(duties)s") % {"duties": lacking})
    return to(place, "desk-incident", incident_id)


def _head(shown: incidents.ShownIncident) -> dict[str, Any]:
    row = shown.row
    return {
        "shown": shown,
        "row": row,
        "kind": gettext(kinds.INCIDENTS[IncidentKind(row.kind)]),
        "state": gettext(kinds.INCIDENT_STATES[IncidentState(row.state)]),
        "timers": [(gettext(each.timer.duty.words), each) for each in shown.timers],
        "next": gettext(shown.due.timer.duty.words) if shown.due else "",
        "steps": incidents.STEPS[IncidentState(row.state)],
    }
