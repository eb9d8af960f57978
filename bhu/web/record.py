"""The record of all this, for everybody who is signed in: how long it is, when it was signed, by whom."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.web.places import by_readers_clock
from audit import witnesses
from audit.models import AuditCheckpoint
from bhu.web import readiness


@require_safe
@by_readers_clock
def record(request: HttpRequest) -> HttpResponse:
    """One paragraph anybody understands, and the figures behind it. It names no agency, no person and no client."""
    newest = AuditCheckpoint.objects.order_by("-size").first()
    waited, now = readiness.lag(), timezone.now()
    said = {
        "size": newest.size if newest else 0,
        "signed_at": newest.at if newest else None,
        "witnesses": [(each, now - timedelta(seconds=each.lag_s)) for each in witnesses.standings()],
        "behind": now - timedelta(seconds=waited) if waited > readiness.LAG_ALARM else None,
    }
    return render(request, "record.html", said)
