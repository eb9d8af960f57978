"""Finding: a referral by the number said on the phone, one's own client by name and birth date.

Names are posted and never stand in an address. Only clients of one's own agencies are found, by equality of what was
typed, or of how a family name sounds; nobody can be searched across agencies.
"""

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from agencies.capabilities import Capability
from agencies.web.places import Place, places_of
from referrals import board, finding, listing
from referrals.blind import Lookup, by_name, by_phone
from referrals.errors import NotFound

from . import rows as pages


class NumberForm(forms.Form):
    """The number of a referral, as it was said."""

    number = forms.CharField(
        label=_("Number of the referral"),
        help_text=_("Eight letters and digits, such as K7QF-2M9D."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class ClientForm(forms.Form):
    """Who is looked for: a birth date, with a name or a telephone number."""

    family = forms.CharField(label=_("Family name"), required=False, max_length=120)
    given = forms.CharField(label=_("First name"), required=False, max_length=120)
    phone = forms.CharField(
        label=_("Telephone"), required=False, max_length=40, widget=forms.TextInput({"type": "tel"})
    )
    born = forms.DateField(label=_("Date of birth"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, object]:
        """Raise ``ValidationError`` unless there is a whole name or a number: a birth date alone finds nobody."""
        typed = super().clean() or {}
        if not self.errors and not self.lookups():
            both = gettext("Enter a first and a family name, or a telephone number of at least seven digits.")
            self.add_error("family", both)
        return typed

    def lookups(self) -> list[Lookup]:
        """The ways this finds somebody."""
        typed = self.cleaned_data
        born = typed["born"].isoformat()
        return [
            *by_name(family=typed["family"], given=typed["given"], born=born),
            *by_phone(phone=typed["phone"], born=born),
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def find(request: HttpRequest) -> HttpResponse:
    """Both forms, and what was found. A number that is found opens its referral."""
    finders = [place for place in places_of(request) if place.actor.may(Capability.FIND_CLIENTS)]
    posted = request.POST if request.method == "POST" else None
    by_number = NumberForm(posted) if posted and "number" in posted else NumberForm()
    by_client = ClientForm(posted) if posted and "number" not in posted else ClientForm()
    shown: dict[str, object] = {
        "by_number": by_number,
        "by_client": by_client if finders else None,
        "finders": finders,
        "found": None,
    }
    status = HTTPStatus.OK
    if by_number.is_bound and by_number.is_valid():
        address = _address(places_of(request), by_number.cleaned_data["number"])
        if address:
            return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
        by_number.add_error(
            "number", gettext("There is no such referral for you. Check the number, or ask who said it.")
        )
    if by_client.is_bound and finders and by_client.is_valid():
        shown["found"] = list(pages.shown(_found(finders, by_client.lookups()), finders))
    form = by_number if by_number.is_bound else by_client
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "board/find.html", {**shown, "form": form}, status=status)


def _address(places: Sequence[Place], spoken: str) -> str:
    """The page of the referral with this number in the first of my places that has it, "" if none does."""
    for place in places:
        try:
            return reverse("referrals:file", args=[*place.at, listing.find_referral(place.actor, spoken)])
        except NotFound:
            continue
    return ""


def _found(finders: Sequence[Place], lookups: Sequence[Lookup]) -> Iterator[board.BoardRow]:
    for place in finders:
        ids = finding.referrals_of_clients(place.actor, lookups)
        yield from board.about(place.actor, ids) if ids else ()
