"""Consents of one referral: how they stand, asking for a signature, printing the paper, stopping one."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from uuid import UUID

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.models import Agency
from agencies.web.places import Place
from referrals.acts.consents import ResumeConsent, StopConsent
from referrals.consents.who_signs import Relationship
from referrals.errors import Invalid, NotFound, Refused
from referrals.listing import glance
from referrals.perform import perform
from referrals.policy.terms import Method
from referrals.services.recipients import helpers
from referrals.signing import asking, standing
from referrals.signing.papers import Wanted
from referrals.signing.web.languages import LANGUAGES
from referrals.signing.web.printing import printed
from referrals.web.file.doors import of_referral

PAPER = "paper"
HOW: Mapping[str, Promise] = MappingProxyType(
    {
        Method.OWN_PHONE.value: _("On the client's own phone: you read them a code"),
        Method.ON_SCREEN.value: _("On this screen: you hand it over"),
        PAPER: _("On paper: print it now, photograph it after"),
    }
)
PAPERS: Mapping[str, Promise] = MappingProxyType(
    {
        "named": _("To the agencies named here"),
        "tpo": _("For treatment, payment and running the program"),
        "police-outcome": _("To tell the police department how it went, and no more"),
    }
)
SIGNERS: Mapping[str, Promise] = MappingProxyType(
    {
        "": _("the client"),
        Relationship.PARENT: _("a parent"),
        Relationship.GUARDIAN: _("a guardian"),
        Relationship.HEALTH_PROXY: _("the health care agent"),
        Relationship.EXECUTOR: _("the executor"),
    }
)
METHODS: Mapping[str, Promise] = MappingProxyType(
    {
        Method.OWN_PHONE.value: _("signed on the client's phone"),
        Method.ON_SCREEN.value: _("signed on our screen"),
        Method.PAPER.value: _("signed on paper"),
        Method.ORAL.value: _("said aloud"),
    }
)
STANDINGS: Mapping[str, Promise] = MappingProxyType(
    {"active": _("in force"), "held": _("stopped aloud; the writing is still to come"), "revoked": _("ended")}
)


class AskForm(forms.Form):
    """Which paper, for whom, and how it will be signed."""

    paper = forms.ChoiceField(label=_("What it is for"), choices=list(PAPERS.items()), widget=forms.RadioSelect)
    to = forms.MultipleChoiceField(
        label=_("Agencies it names"),
        required=False,
        help_text=_("The client ticks on the paper which of them may have it."),
        widget=forms.CheckboxSelectMultiple,
    )
    signers = forms.MultipleChoiceField(
        label=_("Who signs"),
        choices=[(code or "client", word) for code, word in SIGNERS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.ChoiceField(
        label=_("Language of the paper"), choices=list(LANGUAGES.items()), widget=forms.RadioSelect
    )
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Left empty, it lasts as long as the rules of the state have it."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    how = forms.ChoiceField(label=_("How"), choices=list(HOW.items()), widget=forms.RadioSelect)

    def __init__(self, *args: Any, agencies: Sequence[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [(each.slug, _said(each)) for each in agencies]  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """The paper that was asked for."""
        typed = self.cleaned_data
        return Wanted(
            paper=typed["paper"],
            recipients=tuple(typed["to"]),
            until=typed["until"],
            signers=tuple("" if each == "client" else each for each in typed["signers"]),
        )


SAID: Mapping[str, tuple[Callable[..., StopConsent | ResumeConsent], Promise]] = MappingProxyType(
    {
        "stop": (StopConsent, _("Stopped from now on, for everybody. Ask for the signature that ends it.")),
        "written": (partial(StopConsent, written=True), _("Ended. Nobody reads on by it.")),
        "resume": (ResumeConsent, _("In force again.")),
    }
)
"""What a client may say of a consent, what is done then, and what the page says."""


def _said(agency: Agency) -> str:
    return gettext("%(name)s (on the paper for police alone)") % {"name": agency.name} if agency.sworn else agency.name


FRESH = {"paper": "named", "signers": ["client"], "language": "en", "how": Method.OWN_PHONE.value}


@require_safe
@of_referral
def overview(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """The consents on file, the links that wait, the yeses that were only spoken."""
    seen = glance(place.actor, referral_id)
    found = standing.consents(place.actor, referral_id)
    shown = {
        "seen": seen,
        "on_file": found.on_file,
        "waiting": found.waiting,
        "methods": METHODS,
        "standings": STANDINGS,
        "papers": PAPERS,
    }
    return render(request, "care/consents.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def ask(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """Ask for a signature: a link with a code, the paper to print, or, for a yes just spoken, a to-do."""
    seen = glance(place.actor, referral_id)
    known = [*helpers(place.actor), *([seen.sender] if seen.sender and seen.sender.sworn else [])]
    form = AskForm(request.POST or None, initial=FRESH, agencies=known)
    if not (form.is_bound and form.is_valid()):
        return _form(request, seen, form)
    typed = form.cleaned_data
    try:
        if "spoken" in request.POST:
            standing.record_oral(place.actor, referral_id, paper=typed["paper"])
            messages.success(request, gettext("Written down. It lets nothing through until it is signed."))
            return _back(place, referral_id)
        if typed["how"] == PAPER:
            paper = asking.paper_to_print(place.actor, referral_id, form.wanted(), language=typed["language"])
            back = reverse("referrals:consents", args=[*place.at, referral_id])
            return HttpResponse(printed(paper, back=(back, gettext("Back, when it is printed"))))
        link = asking.ask_signature(
            place.actor,
            referral_id,
            form.wanted(),
            method=Method(typed["how"]),
            language=typed["language"],
            site=settings.BHU_BASE_URL,
        )
    except Invalid as refusal:
        for issue in refusal.issues:
            form.add_error(FIELDS.get(issue.expression), issue.text)
        return _form(request, seen, form)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _form(request, seen, form)
    here = typed["how"] == Method.ON_SCREEN.value
    square = segno.make(settings.BHU_BASE_URL + link.path, error="m").svg_inline(scale=5, border=2, omitsize=False)
    shown = {"seen": seen, "link": link, "here": here, "square": mark_safe(square)}  # noqa: S308  segno's own SVG
    return render(request, "care/link.html", shown)


FIELDS: Mapping[str, str] = MappingProxyType(
    {"paper": "paper", "language": "language", "to": "to", "signers": "signers", "until": "until"}
)
"""The boxes that faults of a paper are shown at; every other stands on top."""


@require_POST
@of_referral
def hand_over(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:  # noqa: ARG001  as every page
    """Give the screen to the client: whoever holds it then is signed in as nobody."""
    path = request.POST.get("path", "")
    if not path.startswith("/s/") or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    logout(request)
    return HttpResponseRedirect(path, status=HTTPStatus.SEE_OTHER)


@require_POST
@of_referral
def stand(request: HttpRequest, place: Place, referral_id: UUID, consent_id: UUID) -> HttpResponse:
    """The client said stop, aloud or in writing, or lets it go on."""
    said = request.POST.get("said", "")
    if said not in SAID:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    make, words = SAID[said]
    act = make(referral_id=referral_id, consent_id=consent_id)
    perform(place.actor, [act])
    messages.success(request, str(words))
    return _back(place, referral_id)


@require_POST
@of_referral
def drop(request: HttpRequest, place: Place, referral_id: UUID, waiting_id: UUID) -> HttpResponse:
    """Nobody shall sign by this link any more; or what was spoken will not be signed."""
    found = [each for each in standing.consents(place.actor, referral_id).waiting if each.id == waiting_id]
    if not found:
        raise NotFound
    (standing.withdraw_oral if found[0].how == standing.ORAL else asking.withdraw_link)(place.actor, waiting_id)
    messages.success(request, gettext("It waits no longer."))
    return _back(place, referral_id)


def _form(request: HttpRequest, seen: object, form: AskForm) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "care/ask.html", {"form": form, "seen": seen}, status=status)


def _back(place: Place, referral_id: UUID) -> HttpResponse:
    address = reverse("referrals:consents", args=[*place.at, referral_id])
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)
