"""The middleware that lets nobody through who has not shown all that is asked (``free`` says where less is)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import urlencode

from allauth.account.internal.flows.logout import logout
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse

from . import demo, held, sittings
from .free import Check, free_of
from .strength import Strength, by_demo, must_show_passkey, needed, strength_of

REFUSED = "BHU-Refused"
"""The header that tells our scripts why: ``locked`` or ``signed-out``."""
YEAR = 365 * 24 * 3600
PASSKEY_OR_APP = [Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP]


def kept(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware. It stands after those of sessions, CSRF and allauth."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        _remember_device(request, response)
        if getattr(request, "sitting", None) is not None and request.user.is_authenticated:
            held.remember(request, response)
        return response

    def process_view(request: HttpRequest, _view: object, _args: object, _kwargs: object) -> HttpResponseBase | None:
        free = free_of(request.resolver_match) if request.resolver_match else frozenset()
        for check, judge in JUDGES.items():
            if check not in free and (refusal := judge(request)) is not None:
                return refusal
        _seen(request)
        return None

    middleware.process_view = process_view  # type: ignore[attr-defined]  # how Django finds it
    return middleware


def _person(request: HttpRequest) -> HttpResponseBase | None:
    """A session that was not begun here, or is over, is nobody's."""
    if not request.user.is_authenticated:
        return _ask_to_sign_in(request)
    row = sittings.of(request)
    request.sitting = row  # type: ignore[attr-defined]  # for the checks after this one, and for the page
    return None if row is not None else _end(request)


def _whole(request: HttpRequest) -> HttpResponseBase | None:
    """Who set a second factor up is not let in by the first, wherever that session comes from."""
    if not request.user.is_authenticated or strength_of(request) > Strength.ONE_FACTOR:
        return None
    if by_demo(request) and demo.allowed(request):
        return None
    if strength_of(request) is Strength.ONE_FACTOR and not is_mfa_enabled(request.user, PASSKEY_OR_APP):
        return None
    return _end(request)


def _end(request: HttpRequest) -> HttpResponseBase:
    request.was = str(request.user.pk)  # type: ignore[attr-defined]  # whose the page is that is held for them
    logout(request, show_message=False)
    return _ask_to_sign_in(request)


def _lock(request: HttpRequest) -> HttpResponseBase | None:
    if not sittings.is_locked(request.sitting):  # type: ignore[attr-defined]
        return None
    return _say(request, "locked", held.locked_page)


def _notice(request: HttpRequest) -> HttpResponseBase | None:
    if request.sitting.acknowledged_at is not None:  # type: ignore[attr-defined]
        return None
    return _go(request, reverse("signin:notice"))


def _passkey(request: HttpRequest) -> HttpResponseBase | None:
    """Who must show a passkey sets up nothing before they did: else a phished code would make one (R-S-02)."""
    if by_demo(request) or strength_of(request) >= Strength.PASSKEY or not must_show_passkey(request):
        return None
    return _go(request, reverse("signin:setup"))


def _mfa(request: HttpRequest) -> HttpResponseBase | None:
    if by_demo(request) or strength_of(request) >= Strength.PASSKEY or strength_of(request) >= needed(request):
        return None
    return _go(request, reverse("signin:setup"))


JUDGES: Mapping[Check, Callable[[HttpRequest], HttpResponseBase | None]] = MappingProxyType(
    {
        Check.PERSON: _person,
        Check.WHOLE: _whole,
        Check.LOCK: _lock,
        Check.NOTICE: _notice,
        Check.PASSKEY: _passkey,
        Check.MFA: _mfa,
    }
)


def _ask_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD") or by_script(request):
        return _say(request, "signed-out", held.signed_out_page)
    return _go(request, resolve_url(settings.LOGIN_URL))


def _go(request: HttpRequest, address: str) -> HttpResponseBase:
    """Send the browser there; it comes back to this page if it was only to be read."""
    if by_script(request):
        return HttpResponse(status=HTTPStatus.FORBIDDEN, headers={"HX-Redirect": address})
    after = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
    return HttpResponseRedirect(f"{address}{after}")


def _say(request: HttpRequest, why: str, page: Callable[[HttpRequest], HttpResponse]) -> HttpResponseBase:
    """A part of a page is refused in one word, for our script; a page by a page that keeps what was sent."""
    if by_script(request):
        return HttpResponse(status=HTTPStatus.LOCKED, headers={REFUSED: why})
    response = page(request)
    response.headers[REFUSED] = why
    return response


def by_script(request: HttpRequest) -> bool:
    """Whether a script of ours asks, and no page is opened. Browsers say so of themselves; htmx says it, too."""
    return "HX-Request" in request.headers or request.headers.get("Sec-Fetch-Mode") == "cors"


def _seen(request: HttpRequest) -> None:
    """A page that refreshes itself is nobody at work: what counts is opening a page and sending something."""
    row = getattr(request, "sitting", None)
    if row is not None and not (request.method == "GET" and by_script(request)):
        sittings.touch(row)


def _remember_device(request: HttpRequest, response: HttpResponseBase) -> None:
    shared = getattr(request, "device_shared", None)
    if shared is None or not isinstance(response, HttpResponse):
        return
    if shared:
        response.set_cookie(
            sittings.DEVICE,
            "yes",
            max_age=YEAR,
            httponly=True,
            samesite="Strict",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    else:
        response.delete_cookie(sittings.DEVICE, samesite="Strict")
