"""The receipt book's page: a code and a PIN by POST, then plain words. Neither stands in an address or a cookie."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from referrals.errors import NotFound, Refused
from referrals.receipts import book as receipts
from referrals.receipts.book import Book
from referrals.receipts.errors import Shut
from referrals.signing.web.languages import LANGUAGES, chosen

from . import pages

TICKET, MINUTES = "receipts.ticket", timedelta(minutes=15)


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    """The whole way of a slip: its code and PIN, the book, and a stop."""
    language = chosen(request)
    with translation.override(language):
        try:
            answer = STEPS[_step(request)](request, language)
        except Shut:
            answer = _page(request, "code", language, status=403, shut=True)
        except Refused:
            answer = _page(request, "broken", language, status=409)
        answer.headers["Content-Language"] = language
        return answer


def _step(request: HttpRequest) -> str:
    if request.method != "POST":
        return "look"
    if "stop" in request.POST:
        return "stop"
    return "read" if request.POST.get("ticket") else "open"


def _look(request: HttpRequest, language: str) -> HttpResponse:
    return _page(request, "code", language)


def _open(request: HttpRequest, language: str) -> HttpResponse:
    return _book(request, receipts.read(request.POST.get("code", ""), request.POST.get("pin", "")), language)


def _read(request: HttpRequest, language: str) -> HttpResponse:
    slip_id = _slip_id(request)
    if slip_id is None:
        return _page(request, "code", language, status=403, over=True)
    return _book(request, receipts.reread(slip_id), language)


def _stop(request: HttpRequest, language: str) -> HttpResponse:
    """Stop what the book says can be stopped; what was stopped before, or is over, stays as it is."""
    slip_id = _slip_id(request)
    if slip_id is None:
        return _page(request, "code", language, status=403, over=True)
    before = receipts.reread(slip_id)
    asked = next((paper for paper in before.papers if str(paper.id) == request.POST["stop"]), None)
    if asked is None:
        raise NotFound
    if asked.active:
        receipts.stop(before.slip, asked.id)
    return _book(request, receipts.reread(slip_id), language, stopped=asked.id)


STEPS: dict[str, Callable[[HttpRequest, str], HttpResponse]] = {
    "look": _look,
    "open": _open,
    "read": _read,
    "stop": _stop,
}


def _slip_id(request: HttpRequest) -> UUID | None:
    """The slip of whoever said code and PIN on the page before; ``None`` if that is too long ago."""
    try:
        return UUID(signing.loads(request.POST.get("ticket", ""), salt=TICKET, max_age=MINUTES))
    except (signing.BadSignature, ValueError):
        return None


def _book(request: HttpRequest, found: Book, language: str, *, stopped: UUID | None = None) -> HttpResponse:
    return _page(
        request,
        "book",
        language,
        agency=found.agency,
        entries=pages.entries(found, zone=ZoneInfo(found.agency.time_zone)),
        papers=pages.papers(found, zone=ZoneInfo(found.agency.time_zone)),
        can_stop=any(paper.active for paper in found.papers),
        stopped=stopped,
        ticket=signing.dumps(str(found.slip.id), salt=TICKET),
    )


def _page(request: HttpRequest, name: str, language: str, *, status: int = 200, **more: object) -> HttpResponse:
    shown = {"language": language, "languages": LANGUAGES.items(), **more}
    return render(request, f"receipts/{name}.html", shown, status=status)
