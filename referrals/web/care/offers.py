"""Offering a referral on: to whom, what opens for the one that accepts, what each would see, and then the offer."""

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from agencies.models import Agency
from agencies.web.places import Place
from fhir.content.compartments import Compartment
from referrals.acts.offering import Offer
from referrals.errors import Invalid, PreviewChanged, Refused
from referrals.listing import Glance, glance
from referrals.perform import perform
from referrals.previewing import preview
from referrals.services.recipients import helpers
from referrals.web.file.doors import of_referral
from referrals.web.words import PARTS

RELEASABLE = (
    Compartment.CONTACT,
    Compartment.CLINICAL,
    Compartment.SUD,
    Compartment.OUTCOME,
    Compartment.INCIDENT,
    Compartment.TRANSPORT,
)


FEW = 4  # towns that are worth a line


class OfferForm(forms.Form):
    """Whom to ask, and what opens for the one that says yes."""

    to = forms.MultipleChoiceField(
        label=_("Whom to ask"),
        help_text=_("All of them read the same anonymous ask. Who says yes first gets it; the others are told."),
        widget=forms.CheckboxSelectMultiple,
    )
    release = forms.MultipleChoiceField(
        label=_("What opens for the one that says yes"),
        required=False,
        help_text=_("Leave all open boxes empty to search without naming anybody."),
        widget=forms.CheckboxSelectMultiple,
    )
    key = forms.UUIDField(widget=forms.HiddenInput)
    previewed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, agencies: Sequence[Agency], parts: frozenset[Compartment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(str(each.pk), _said(each)) for each in agencies]  # type: ignore[attr-defined]
        self.fields["release"].choices = [  # type: ignore[attr-defined]
            (part.value, gettext(PARTS[part])) for part in RELEASABLE if part in parts
        ]

    def act(self, referral_id: UUID) -> Offer:
        """The offer that was typed."""
        typed = self.cleaned_data
        return Offer(
            referral_id=referral_id,
            to=tuple(map(UUID, typed["to"])),
            release=frozenset(map(Compartment, typed["release"])),
            previewed=typed["previewed"],
        )


def _said(agency: Agency) -> str:
    """One line: the name, the towns it serves if they are few, and how to reach one that is not on the network."""
    towns = [town.name for town in agency.towns_served.all()]
    line = f"{agency.name} – {', '.join(towns)}" if 0 < len(towns) < FEW else agency.name
    if agency.connected:
        return line
    return gettext("%(line)s (not on the network: call %(phone)s)") % {"line": line, "phone": agency.phone or "–"}


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def offer(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """The form, then what each would see, then the offer: three looks at one address, nothing lost between them."""
    seen = glance(place.actor, referral_id)
    form = OfferForm(request.POST or None, initial={"key": uuid4()}, agencies=helpers(place.actor), parts=seen.parts)
    if not (form.is_bound and form.is_valid()) or "change" in request.POST:
        return _form(request, seen, form)
    act = form.act(referral_id)
    try:
        return _send(request, place, act, form) if "send" in request.POST else _preview(request, place, act, form, seen)
    except PreviewChanged as changed:
        return _preview(request, place, replace(act, previewed=""), form, seen, changed=str(changed))
    except Invalid as refusal:
        for issue in refusal.issues:
            form.add_error("to", issue.text)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return _form(request, seen, form)


def _send(request: HttpRequest, place: Place, act: Offer, form: OfferForm) -> HttpResponse:
    done, number = perform(place.actor, [act], key=str(form.cleaned_data["key"])), len(act.to)
    said = ngettext("%(n)d agency is asked about %(number)s.", "%(n)d agencies are asked about %(number)s.", number)
    messages.success(request, said % {"n": number, "number": done.reference})
    address = reverse("referrals:file", args=[*place.at, act.referral_id])
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


def _form(request: HttpRequest, seen: Glance, form: OfferForm) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "care/offer.html", {"form": form, "seen": seen}, status=status)


def _preview(
    request: HttpRequest, place: Place, act: Offer, form: OfferForm, seen: Glance, *, changed: str = ""
) -> HttpResponse:
    shown = {
        "form": form,
        "seen": seen,
        "plan": preview(place.actor, act),
        "typed": form.cleaned_data,
        "changed": changed,
    }
    status = HTTPStatus.CONFLICT if changed else HTTPStatus.OK
    return render(request, "care/offer_preview.html", shown, status=status)
