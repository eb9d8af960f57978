"""Adding a screen: the instruments to choose from, one to fill in, and what it came to."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.web.places import Place
from fhir.content.questionnaires import INSTRUMENTS, Silence
from fhir.content.questionnaires.instrument import Instrument, Item, Kind
from fhir.content.questionnaires.responses import Given
from referrals.listing import glance
from referrals.web.file.doors import of_referral
from referrals.writing import add_screen

NAMES: Mapping[str, Instrument] = MappingProxyType({each.name.lower(): each for each in INSTRUMENTS.values()})
"""The instruments by the word an address has for them."""

OPEN, REFUSED = "", Silence.REFUSED.value


class ScreenForm(forms.Form):
    """The questions of one instrument, in its own words. Nothing is required: what was not asked is left open."""

    all_optional = True  # said once, on top of the page
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, instrument: Instrument, *args: Any, language: str = "en", **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"key": uuid4()})
        super().__init__(*args, **kwargs)
        self.instrument, self.language = instrument, language
        for item in instrument.questions:
            self.fields[item.code] = _field(item, language)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The instrument from top to bottom: words between questions, and questions with what they hang on."""
        for item in self.instrument.items:
            if item.kind is Kind.DISPLAY:
                yield {"words": item.words.spoken(self.language)}
            else:
                when = item.when
                yield {
                    "field": self[item.code],
                    "after": f"id_{when.item}" if when else "",
                    "answer": getattr(when.answer, "code", when.answer) if when else "",
                    "operator": when.operator if when else "",
                }

    def answers(self) -> dict[str, Given]:
        """What was answered, by question; what was left open is not in it."""
        typed = {code: value for code, value in self.cleaned_data.items() if code != "key"}
        return {code: value for code, value in typed.items() if value not in (OPEN, None)}


def _field(item: Item, language: str) -> forms.Field:
    label = item.words.spoken(language)
    if item.kind is Kind.INTEGER:
        return forms.IntegerField(label=label, required=False, min_value=0, max_value=999)
    if item.kind is Kind.STRING:
        return forms.CharField(label=label, required=False, max_length=500)
    options = [(option.code, option.words.spoken(language)) for option in item.options]
    chosen = [*options, (REFUSED, _("Would not say"))]
    return forms.ChoiceField(label=label, required=False, choices=chosen, widget=forms.RadioSelect)


@require_safe
@of_referral
def choose(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """The instruments there are."""
    shown = {
        "place": place,
        "referral_id": referral_id,
        "reference": glance(place.actor, referral_id).reference,
        "instruments": [(name, each.title.spoken(_language(request))) for name, each in NAMES.items()],
    }
    return render(request, "care/screens.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def fill(request: HttpRequest, place: Place, referral_id: UUID, name: str) -> HttpResponse:
    """One instrument. What it came to is said on the page of the referral, and stays with the answers."""
    if name not in NAMES:
        raise Http404
    instrument, language = NAMES[name], _language(request)
    reference = glance(place.actor, referral_id).reference
    form = ScreenForm(instrument, request.POST or None, language=language)
    if form.is_bound and form.is_valid():
        if not form.answers():
            form.add_error(None, gettext("Nothing is answered yet. Answer at least one question."))
        else:
            add_screen(
                place.actor,
                referral_id,
                instrument=instrument.url,
                answers=form.answers(),
                language=language,
                key=str(form.cleaned_data["key"]),
            )
            _say(request, instrument.title.spoken(language))
            address = reverse("referrals:file", args=[*place.at, referral_id])
            return HttpResponseRedirect(f"{address}?part=clinical", status=HTTPStatus.SEE_OTHER)
    shown = {
        "form": form,
        "instrument": instrument,
        "title": instrument.title.spoken(language),
        "language": language,
        "spanish": bool(instrument.title.es),
        "reference": reference,
        "referral_id": referral_id,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "care/screen.html", shown, status=status)


def _say(request: HttpRequest, title: str) -> None:
    """That it is added, and no more: this line waits in the session, where nothing of a client belongs."""
    messages.success(
        request, gettext("%(title)s is added. What it came to stands with the answers.") % {"title": title}
    )


def _language(request: HttpRequest) -> str:
    asked = request.POST.get("language") or request.GET.get("language") or "en"
    return asked if asked in ("en", "es") else "en"
