"""Review cases as pages: asking, answering, ending, and the content while it is open."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from agencies.web.places import Place
from fhir.content.compartments import Compartment
from referrals.desk.kinds import REVIEW_STANDINGS
from referrals.desk.services import review_content, reviews, searching
from referrals.desk.services.reviews import ShownCase
from referrals.errors import Denied, IllegalStep
from referrals.policy.reviewing import REASONS, Reason
from referrals.retention.errors import SamePerson
from referrals.web.file.views import shown
from referrals.web.words import part

from .doors import for_officers, for_offices, form_page, to, tried
from .forms import ReviewForm


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def ask(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponseBase:
    """Ask to see parts of one referral."""
    number = searching.number_of(place.actor, referral_id)
    parts = reviews.askable(place.actor, referral_id)
    form = ReviewForm(request.POST if request.method == "POST" else None, parts=parts)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        asked = {
            "reason": Reason(typed["reason"]),
            "parts": frozenset(map(Compartment, typed["parts"])),
            "hours": typed["hours"],
            "words": typed["words"],
            "key": typed["key"],
        }
        if tried(request, form, lambda: reviews.ask(place.actor, referral_id, **asked)):
            return to(place, "desk-reviews")
    return form_page(request, "desk/review_ask.html", {"form": form, "number": number, "referral_id": referral_id})


@require_safe
@for_offices
def all_cases(request: HttpRequest, place: Place) -> HttpResponse:
    """All of them, newest first."""
    return render(request, "desk/reviews.html", {"cases": _in_words(reviews.all_of(place.actor))})


@require_http_methods(["GET", "HEAD", "POST"])
@for_offices
def one(request: HttpRequest, place: Place, case_id: UUID) -> HttpResponseBase:
    """One of them; sent: the second person's answer, or its end."""
    if request.method == "POST":
        _do(request, place, case_id)
        return to(place, "desk-review", case_id)
    case, words = reviews.one(place.actor, case_id)
    return render(request, "desk/review.html", {**_in_words([case])[0], "words": words})


def _do(request: HttpRequest, place: Place, case_id: UUID) -> None:
    try:
        if "agree" in request.POST:
            reviews.answer(place.actor, case_id, agree=True)
        elif "refuse" in request.POST:
            reviews.answer(place.actor, case_id, agree=False)
        elif "end" in request.POST:
            reviews.end(place.actor, case_id)
    except (IllegalStep, SamePerson) as refusal:
        messages.warning(request, gettext(str(refusal)))


@require_safe
@for_officers
def content(request: HttpRequest, place: Place, case_id: UUID) -> HttpResponseBase:
    """What it opens, to who asked for it, while it is open; each time is in the log."""
    try:
        opened = review_content.open_in_review(place.actor, case_id)
    except Denied as refusal:
        messages.warning(request, gettext(str(refusal)))
        return to(place, "desk-review", case_id)
    return render(request, "desk/review_content.html", shown(opened) | {"case_id": case_id})


def _in_words(cases: list[ShownCase]) -> list[dict[str, Any]]:
    return [
        {
            "case": case,
            "standing": gettext(REVIEW_STANDINGS[case.standing]),
            "reason": gettext(REASONS[case.reason].words),
            "parts": [part(each) for each in case.parts],
        }
        for case in cases
    ]
