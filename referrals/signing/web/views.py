"""The client's page behind a link. Nothing is read until a code comes with it, and nothing of it is in the address.

GET looks at nothing at all, so that whatever fetches a link to preview it learns and changes nothing.
"""

from collections.abc import Callable
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_http_methods

from referrals.errors import Refused
from referrals.signing import client
from referrals.signing.client import Opened
from referrals.signing.errors import Incomplete, LinkDead, WrongCode
from referrals.signing.links import LONGEST
from referrals.signing.papers import Answers

from . import pages
from .languages import LANGUAGES, chosen

TICKET = "signing.ticket"


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, token: str) -> HttpResponse:
    """The whole way of a link: its code, the paper, the signature or a no."""
    language = chosen(request)
    with translation.override(language):
        try:
            answer = STEPS[_step(request)](request, token, language)
        except LinkDead:
            answer = _page(request, "dead", language, status=404)
        answer.headers["Content-Language"] = language
        return answer


def _step(request: HttpRequest) -> str:
    """What is asked for. To change the language is to look at the same page again."""
    if request.method != "POST":
        return "look"
    named = request.POST.get("step", "")
    known = named if named in STEPS else "open"
    return "read" if "switch" in request.POST and request.POST.get("ticket") else known


def _look(request: HttpRequest, _token: str, language: str) -> HttpResponse:
    return _page(request, "code", language)


def _open(request: HttpRequest, token: str, language: str) -> HttpResponse:
    if "switch" in request.POST:
        return _page(request, "code", language)
    try:
        opened = client.enter(token, request.POST.get("code", ""))
    except WrongCode as wrong:
        return _page(request, "code", language, status=403, left=wrong.left, wrong=True)
    return _paper(request, opened, language, Answers())


def _read(request: HttpRequest, token: str, language: str) -> HttpResponse:
    opened = _reopened(request, token)
    return _paper(request, opened, language, pages.answers_in(request.POST, opened, opened.form(language)))


def _sign(request: HttpRequest, token: str, language: str) -> HttpResponse:
    opened = _reopened(request, token)
    answers = pages.answers_in(request.POST, opened, opened.form(language))
    try:
        copy = client.sign(opened, answers, language=language)
    except Incomplete as refusal:
        return _paper(request, opened, language, answers, lacking=refusal.fields)
    except LinkDead:
        raise
    except Refused:
        return _page(request, "refused", language, status=409)
    return _page(request, "signed", language, copy=copy)


def _decline(request: HttpRequest, token: str, language: str) -> HttpResponse:
    client.decline(_reopened(request, token))
    return _page(request, "declined", language)


STEPS: dict[str, Callable[[HttpRequest, str, str], HttpResponse]] = {
    "look": _look,
    "open": _open,
    "read": _read,
    "sign": _sign,
    "no": _decline,
}


def _reopened(request: HttpRequest, token: str) -> Opened:
    """The paper, for whoever said its code before: the ticket says so."""
    try:
        row_id = UUID(signing.loads(request.POST.get("ticket", ""), salt=TICKET, max_age=LONGEST))
    except (signing.BadSignature, ValueError):
        row_id = None
    return client.reopen(token, row_id)


def _paper(
    request: HttpRequest, opened: Opened, language: str, answers: Answers, *, lacking: tuple[str, ...] = ()
) -> HttpResponse:
    form = opened.form(language)
    title, *blocks = pages.blocks(opened, form, answers, lacking)
    return _page(
        request,
        "form",
        language,
        status=422 if lacking else 200,
        title=title,
        blocks=blocks,
        form=form,
        faults=pages.faults(lacking),
        ticket=signing.dumps(str(opened.row.pk), salt=TICKET),
    )


def _page(request: HttpRequest, name: str, language: str, *, status: int = 200, **more: object) -> HttpResponse:
    shown = {"language": language, "languages": LANGUAGES.items(), **more}
    return render(request, f"signing/{name}.html", shown, status=status)
