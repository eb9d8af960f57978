"""What somebody typed is not lost when their session locked, ended, or a form was too old: the page holds it.

Nothing is stored here: the fields go back to the browser that sent them, signed, in a page that no cache keeps, and
come in again when the person is back. A form sent from another site is never held, or the person could be made to send
it with their own hand. Passwords, PINs and files are not held; the page says so.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

FIELD = "held"
SALT = "bhu.signin.held"
LAST, LAST_SALT = "last", "bhu.signin.last"
LONGEST = 12 * 3600
OURS = frozenset({"csrfmiddlewaretoken", "credential", FIELD})


def locked_page(request: HttpRequest, *, errors: Iterable[str] = ()) -> HttpResponse:
    """The session is locked: prove to be the same person, then go on."""
    return _page(request, "signin/locked.html", HTTPStatus.LOCKED, errors=list(errors))


def signed_out_page(request: HttpRequest) -> HttpResponse:
    """The session is over: sign in, then go on."""
    return _page(request, "signin/signed_out.html", HTTPStatus.UNAUTHORIZED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django passes it
    """The form was too old, or not ours: what Django's own page would say, in plain words."""
    return _page(request, "signin/too_old.html", HTTPStatus.FORBIDDEN)


def hold(request: HttpRequest) -> str:
    """What was sent, signed, for a hidden field; "" if nothing was, or it may not be held."""
    if request.method != "POST" or not _from_here(request):
        return ""
    if FIELD in request.POST:
        return request.POST[FIELD] if release(request.POST[FIELD]) else ""
    content = {"to": request.get_full_path(), "whose": _whose(request), "fields": list(_fields(request.POST))}
    return signing.dumps(content, salt=SALT, compress=True)


def _whose(request: HttpRequest) -> str:
    """The id of who wrote it: who is signed in, was a moment ago, or was the last one in this browser."""
    if request.user.is_authenticated:
        return str(request.user.pk)
    return str(getattr(request, "was", "") or request.get_signed_cookie(LAST, "", salt=LAST_SALT, max_age=LONGEST))


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let this browser know who was the last to work in it: a session that is gone says it no more.

    Whoever comes next on a shared device is then not given what the one before them typed.
    """
    who = str(request.user.pk)
    if request.get_signed_cookie(LAST, "", salt=LAST_SALT, max_age=LONGEST) != who:
        response.set_signed_cookie(
            LAST,
            who,
            salt=LAST_SALT,
            max_age=LONGEST,
            httponly=True,
            samesite="Strict",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def release(text: str) -> dict[str, Any] | None:
    """Undo ``hold``: ``to`` (the address), ``fields``, and ``whose`` (a person's id; "" if nobody was signed in).

    ``None`` for what this server did not hold, or too long ago.
    """
    try:
        content: dict[str, Any] = signing.loads(text, salt=SALT, max_age=LONGEST)
    except signing.BadSignature:
        return None
    return content if url_has_allowed_host_and_scheme(content["to"], allowed_hosts=None) else None


def _fields(sent: QueryDict) -> Iterable[tuple[str, str]]:
    for name, values in sent.lists():
        if name not in OURS and not _secret(name):
            yield from ((name, str(value)) for value in values)


def _secret(name: str) -> bool:
    return "password" in name.lower() or name.lower() == "pin"


def _from_here(request: HttpRequest) -> bool:
    """Whether a page of this site sent it. Every browser says with a POST where it comes from."""
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    return urlsplit(origin).netloc == request.get_host()


def _page(request: HttpRequest, template: str, status: HTTPStatus, **more: object) -> HttpResponse:
    text = hold(request)
    kept = release(text) if text else None
    dropped = bool(request.FILES) or any(_secret(name) for name in request.POST) if kept else False
    back = request.get_full_path() if request.method == "GET" else request.POST.get("next", "")
    return render(request, template, {"held": text, "dropped": dropped, "next": back, **more}, status=status)
