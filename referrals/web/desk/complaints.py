"""The log of complaints as pages."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from agencies.web.places import Place
from referrals.desk import kinds
from referrals.desk.kinds import ComplaintWay
from referrals.desk.services import complaints

from .doors import for_officers, form_page, to, tried
from .forms import AnswerForm, ComplaintForm


@require_safe
@for_officers
def log(request: HttpRequest, place: Place) -> HttpResponse:
    """All of them; those without an answer on top."""
    found = [(gettext(kinds.WAYS[ComplaintWay(row.way)]), row) for row in complaints.all_of(place.actor)]
    return render(request, "desk/complaints.html", {"complaints": found})


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def new(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Write one down."""
    form = ComplaintForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        typed = {**form.cleaned_data, "way": ComplaintWay(form.cleaned_data["way"])}
        if tried(request, form, lambda: complaints.receive(place.actor, **typed)):
            messages.success(request, gettext("The complaint is written down."))
            return to(place, "desk-complaint", typed["key"])
    return form_page(request, "desk/complaint_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def one(request: HttpRequest, place: Place, complaint_id: UUID) -> HttpResponseBase:
    """One of them; sent: its answer."""
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        text = form.cleaned_data["answer"]
        if tried(request, form, lambda: complaints.answer(place.actor, complaint_id, text=text)):
            return to(place, "desk-complaint", complaint_id)
    opened = complaints.read(place.actor, complaint_id)
    way = gettext(kinds.WAYS[ComplaintWay(opened.row.way)])
    return form_page(request, "desk/complaint.html", {"opened": opened, "form": form, "way": way})
