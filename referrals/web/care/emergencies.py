"""In an emergency: two taps open it to medical personnel for an hour; the words are written after."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from agencies.web.places import Place
from referrals.acts.emergencies import OpenInEmergency
from referrals.emergencies import services
from referrals.emergencies.natures import Nature
from referrals.errors import Invalid
from referrals.listing import glance
from referrals.perform import perform
from referrals.services.recipients import facilities
from referrals.web.file.doors import of_referral

NATURES: Mapping[Nature, Promise] = MappingProxyType(
    {
        Nature.OVERDOSE: _("Overdose"),
        Nature.UNRESPONSIVE: _("Does not respond"),
        Nature.SEIZURE: _("Seizure"),
        Nature.WITHDRAWAL: _("Dangerous withdrawal"),
        Nature.SUICIDE_ATTEMPT: _("Suicide attempt"),
        Nature.INJURY: _("Injury"),
        Nature.PSYCHIATRIC: _("Psychiatric emergency"),
        Nature.OTHER: _("Another emergency"),
    }
)


class EmergencyForm(forms.Form):
    """Where, and what. The buttons of the page are the answers to ``nature``."""

    to = forms.ChoiceField(label=_("Medical facility"), widget=forms.RadioSelect)
    nature = forms.ChoiceField(label=_("What it is"), choices=[(each.value, word) for each, word in NATURES.items()])
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, place: Place, **kwargs: Any) -> None:
        known = [(str(each.pk), each.name) for each in facilities(place.agency)]
        kwargs.setdefault("initial", {"key": uuid4(), "to": known[0][0] if known else ""})
        super().__init__(*args, **kwargs)
        self.first = known[0][1] if known else "–"
        self.fields["to"].choices = known  # type: ignore[attr-defined]


class WordsForm(forms.Form):
    """Who received it and what the emergency was (42 CFR 2.51(c)); discloser, facility and time are known."""

    recipient = forms.CharField(label=_("Name of who received it"), max_length=services.LONGEST)
    words = forms.CharField(
        label=_("What the emergency was"),
        min_length=services.SHORTEST,
        max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def start(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """Choose what it is: that tap opens it."""
    seen = glance(place.actor, referral_id)
    form = EmergencyForm(request.POST or None, place=place)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        act = OpenInEmergency(referral_id=referral_id, agency_id=UUID(typed["to"]), nature=Nature(typed["nature"]))
        perform(place.actor, [act], key=str(typed["key"]))
        access = services.opened(place.actor, referral_id)
        messages.success(request, gettext("It is open to them for sixty minutes."))
        address = reverse("referrals:emergency-words", args=[*place.at, referral_id, access.id])
        return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    natures = [(each.value, word) for each, word in NATURES.items()]
    return render(request, "care/emergency.html", {"form": form, "seen": seen, "natures": natures}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def document(request: HttpRequest, place: Place, referral_id: UUID, access_id: UUID) -> HttpResponse:
    """The words that are still to be written, within the hour."""
    seen = glance(place.actor, referral_id)
    found = [each for each in services.open_list(place.actor) if each.id == access_id]
    if not found or found[0].referral != seen.reference:
        raise Http404
    (access,) = found
    form = WordsForm(request.POST or None)
    if form.is_bound and form.is_valid() and not access.documented:
        try:
            services.document(place.actor, access_id, **form.cleaned_data)
        except Invalid as refusal:
            for issue in refusal.issues:
                form.add_error(issue.expression if issue.expression in form.fields else None, issue.text)
        else:
            messages.success(request, gettext("Written down. A second person looks at it within two business days."))
            address = reverse("referrals:file", args=[*place.at, referral_id])
            return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    shown = {"form": form, "seen": seen, "access": access, "nature": NATURES[Nature(access.nature)]}
    return render(request, "care/emergency_words.html", shown, status=status)
