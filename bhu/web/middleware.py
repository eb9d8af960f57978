"""What every page gets: an id of its own, a door in the log, no cache, one log line without its content."""

import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

from audit import door

from .counting import counted

HEADERS = {
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

log = structlog.stdlib.get_logger("bhu.web")


def request_context(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Open the log's door "web" for the length of the request.

    The id is never one from outside, which could be chosen to forge or join log lines. Static files are
    answered before this is reached: they may be cached, and make no line.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request_id = uuid4().hex
        bound = structlog.contextvars.bound_contextvars(request_id=request_id)
        with door.opened(door="web", request_id=request_id), bound, counted() as count:
            began = time.perf_counter()
            response = answer(request)
            _say(request, response.status_code, time.perf_counter() - began, count.queries)
        for name, value in {**HEADERS, "X-Request-ID": request_id}.items():
            response.headers[name] = value
        return response

    return middleware


def _say(request: HttpRequest, status: int, seconds: float, queries: int) -> None:
    """One line per request. The route's pattern, not the path: a path may hold what somebody typed."""
    match = request.resolver_match
    route = match.route if match else None
    ms = round(seconds * 1000, 1)
    log.info("request", method=request.method, route=route, status=status, ms=ms, queries=queries)
