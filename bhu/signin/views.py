"""The pages between signing in and work: the notice, the second factor, the lock."""

from http import HTTPStatus

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from . import events, held, sittings, unlocking
from .keeping import PASSKEY_OR_APP, by_script
from .models import Sitting
from .strength import Strength, must_show_passkey, needed, strength_of

SEE_OTHER = HTTPStatus.SEE_OTHER


@require_http_methods(["GET", "POST"])
def notice(request: HttpRequest) -> HttpResponse:
    """What whoever uses this system must know, read once each time one signs in (CJIS AC-8)."""
    if request.method == "POST":
        sittings.acknowledge(_sitting(request))
        return HttpResponseRedirect(_next(request), status=SEE_OTHER)
    return render(request, "signin/notice.html", {"text": settings.BHU_NOTICE, "next": request.GET.get("next", "")})


@require_http_methods(["GET"])
def setup(request: HttpRequest) -> HttpResponse:
    """Where somebody is sent who has not shown enough: to a passkey first, to an app if that is enough."""
    has, must = strength_of(request), needed(request)
    said = {
        "passkey_only": must is Strength.PASSKEY,
        "enough": has >= must,
        "has_passkey": must_show_passkey(request),
        "has_other": has is Strength.TWO_FACTORS and is_mfa_enabled(request.user, PASSKEY_OR_APP),
        "next": _next(request),
    }
    return render(request, "signin/setup.html", said)


@require_http_methods(["GET", "POST"])
def active(_request: HttpRequest) -> HttpResponse:
    """POST: somebody types in a page, which the middleware counts. GET: a page asks whether it is locked."""
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_http_methods(["GET", "POST"])
def lock(request: HttpRequest) -> HttpResponse:
    """POST: lock this session, in all its windows. GET: by what it is unlocked, as a part of a page."""
    if request.method == "GET":
        return render(request, "signin/panel.html")
    if sittings.lock(_sitting(request)):
        events.done("signin.lock", _sitting(request).user)
    if by_script(request):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponseRedirect(_next(request), status=SEE_OTHER)


@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """GET: what the browser needs for a passkey. POST: the proof; then back to what was begun."""
    if request.method == "GET":
        return JsonResponse(unlocking.options(request))
    try:
        how = unlocking.prove(request, request.POST)
    except ValidationError as wrong:
        if by_script(request):
            return JsonResponse({"errors": wrong.messages}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return held.locked_page(request, errors=wrong.messages)
    row = _sitting(request)
    sittings.unlock(row)
    events.done("signin.unlock", row.user, code=how)
    if by_script(request):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return _resume(request) if request.POST.get(held.FIELD) else HttpResponseRedirect(_next(request), status=SEE_OTHER)


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """What was held, to be sent again by who sent it; whoever is not back yet gets the page that says how."""
    row = sittings.of(request) if request.user.is_authenticated else None
    if row is None:
        return held.signed_out_page(request)
    return held.locked_page(request) if sittings.is_locked(row) else _resume(request)


def _resume(request: HttpRequest) -> HttpResponse:
    kept = held.release(request.POST.get(held.FIELD, ""))
    if kept is None or kept["whose"] not in ("", str(request.user.pk)):
        return render(request, "signin/nothing_held.html", status=HTTPStatus.GONE)
    return render(request, "signin/resume.html", {"kept": kept})


def _sitting(request: HttpRequest) -> Sitting:
    """The sitting the middleware found: no view of this file is reached without one."""
    row: Sitting = request.sitting  # type: ignore[attr-defined]
    return row


def _next(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if allowed else resolve_url(settings.LOGIN_REDIRECT_URL)
