"""The accounting of disclosures of a referral or a client: as a page, for paper, as a table (R-P2-15, R-H-05)."""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from agencies.web.places import Place
from referrals.desk.services import searching
from referrals.desk.services.disclosures import Way, account
from referrals.receipts import accounting
from referrals.receipts.reports import HEADINGS

from .doors import for_officers


@require_safe
@for_officers
def of_referral(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """What the agency gave out of one referral."""
    number = searching.number_of(place.actor, referral_id)
    return _answer(request, place, {"referrals": [referral_id]}, named=number, back=("desk-file", referral_id))


@require_safe
@for_officers
def of_client(request: HttpRequest, place: Place, client_id: UUID) -> HttpResponse:
    """What the agency gave out of all referrals of one of its clients."""
    return _answer(request, place, {"client": client_id}, named=str(client_id), back=("desk-client", client_id))


def _answer(
    request: HttpRequest, place: Place, about: dict[str, object], *, named: str, back: tuple[str, UUID]
) -> HttpResponse:
    whole = "whole" in request.GET
    way = Way(request.GET["as"]) if request.GET.get("as") in set(Way) else None
    report = account(place.actor, whole=whole, way=way, agency=place.agency, **about)  # type: ignore[arg-type]  # one of two, by name
    if way is Way.CSV:
        answer = HttpResponse(accounting.as_csv(place.actor, report), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="disclosures.csv"'
        return answer
    told = accounting.in_words(place.actor, report, zone=ZoneInfo(place.agency.time_zone))
    names = [name for name in HEADINGS if whole or name != "kept_until"]
    said = {
        "told": told,
        "named": named,
        "whole": whole,
        "paper": way is Way.PRINT,
        "headings": [gettext(HEADINGS[name]) for name in names],
        "rows": [[(gettext(HEADINGS[name]), getattr(row, name)) for name in names] for row in told.rows],
        "back": reverse(f"referrals:{back[0]}", args=[*place.at, back[1]]),
    }
    return render(request, "desk/disclosures.html", said)
