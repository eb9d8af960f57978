"""Writing a note into a referral, or an addendum to one thing in it."""

import re
from http import HTTPStatus
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from agencies.web.places import Place
from fhir.content.compartments import Compartment
from referrals.acts.stepping import LONGEST_NOTE
from referrals.errors import Invalid
from referrals.listing import glance
from referrals.web.file.doors import of_referral
from referrals.writing import NOTE_PARTS, add_note

REFERENCE = re.compile(r"[A-Z][A-Za-z]{2,40}/[0-9a-f-]{36}")
PARTS = {Compartment.CLINICAL: _("With the clinical notes"), Compartment.SUD: _("With substance use treatment")}


class NoteForm(forms.Form):
    """The words, and where they belong."""

    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        help_text=_("It cannot be erased later; a correction stands beside it."),
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off"}),
    )
    part = forms.ChoiceField(
        label=_("Where it belongs"),
        choices=[(part.value, PARTS[part]) for part in NOTE_PARTS],
        help_text=_("What says that somebody is in treatment for substance use belongs to the second."),
        widget=forms.RadioSelect,
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def write(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """The form; with ``about`` in the address the note is an addendum to that."""
    seen = glance(place.actor, referral_id)
    about = request.GET.get("about", "")
    about = about if REFERENCE.fullmatch(about) else ""
    fresh = {"key": uuid4(), "part": Compartment.CLINICAL.value}
    form = NoteForm(request.POST or None, initial=fresh)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        try:
            add_note(
                place.actor,
                referral_id,
                typed["note"],
                about=about,
                part=Compartment(typed["part"]),
                key=str(typed["key"]),
            )
        except Invalid as refusal:
            for issue in refusal.issues:
                form.add_error("note", issue.text)
        else:
            messages.success(request, gettext("The note is added."))
            address = reverse("referrals:file", args=[*place.at, referral_id])
            return HttpResponseRedirect(f"{address}?part={typed['part']}", status=HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    shown = {"form": form, "seen": seen, "about": about}
    return render(request, "care/note.html", shown, status=status)
