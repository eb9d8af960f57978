"""The front page, and the two questions a machine asks: alive? ready?"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bhu.web import readiness


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What this is, the numbers to call in a crisis, and whether the database can be worked with."""
    working = all(check() == readiness.OK for check in (readiness.databases, readiness.migrations))
    return render(request, "front.html", {"database": working})


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a browser shows when it reaches nobody: kept in it ahead of time, with nothing of anybody."""
    return render(request, "offline.html")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps ``offline`` in the browser, at the root so that it answers for every page."""
    return render(request, "worker.js", content_type="text/javascript")


@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; looks at nothing else, so a lost database restarts no process."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 with every check "ok", else 503 with the reason of each that is not."""
    checks = readiness.report()
    ready = set(checks.values()) == {readiness.OK}
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)
