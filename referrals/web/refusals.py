"""A refusal that no form shows beside a field becomes a page in plain words, with what to do next."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from referrals import errors

STATUSES: Mapping[type[errors.Refused], HTTPStatus] = MappingProxyType(
    {
        errors.NotFound: HTTPStatus.NOT_FOUND,
        errors.Denied: HTTPStatus.FORBIDDEN,
        errors.Stale: HTTPStatus.PRECONDITION_FAILED,
        errors.PreviewChanged: HTTPStatus.CONFLICT,
        errors.Gone: HTTPStatus.CONFLICT,
        errors.KeyReused: HTTPStatus.CONFLICT,
        errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.Broken: HTTPStatus.INTERNAL_SERVER_ERROR,
    }
)
"""Every other refusal is 422: what was asked for cannot be done as it was asked."""

NEXT: Mapping[type[errors.Refused], str] = MappingProxyType(
    {
        errors.Denied: _("If your work needs it, ask your privacy officer what would make it lawful."),
        errors.Stale: _("Open the page again: it shows what changed."),
        errors.PreviewChanged: _("Open the page again: it shows who would see what now."),
        errors.Gone: _("Nothing more is needed from you. It is in your list as closed."),
        errors.KeyReused: _("Open the page again before you send once more."),
        errors.Unavailable: _("Wait a minute and try again. If it is urgent, call the other agency."),
        errors.Broken: _("Call the other agency if it is urgent. Tell your privacy officer the number of this page."),
    }
)


def status_of(refusal: errors.Refused) -> HTTPStatus:
    """The HTTP status a refusal is answered with."""
    return STATUSES.get(type(refusal), HTTPStatus.UNPROCESSABLE_ENTITY)


def page_of(request: HttpRequest, refusal: errors.Refused) -> HttpResponse:
    """The page that says it: what was refused, its code, what to do next. What is not there is the 404 of everybody."""
    if isinstance(refusal, errors.NotFound):
        return render(request, "404.html", status=HTTPStatus.NOT_FOUND)
    after = NEXT.get(type(refusal), "")
    said = {"refusal": refusal, "after": gettext(after) if after else ""}
    return render(request, "refused.html", said, status=status_of(refusal))


def away(request: HttpRequest) -> HttpResponse:
    """The page for when the database does not answer; it asks nothing of it. ``Retry-After`` is in seconds."""
    said = render(request, "503.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    said.headers["Retry-After"] = "60"
    return said


def said_plainly(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The middleware: a view that lets a refusal through, or meets a lost database, need not know how it is said."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return answer(request)

    def process_exception(request: HttpRequest, problem: Exception) -> HttpResponse | None:
        if isinstance(problem, errors.Refused):
            return page_of(request, problem)
        return away(request) if isinstance(problem, OperationalError | InterfaceError) else None

    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # how Django finds it
    return middleware
