"""The list of what is before me."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agencies.capabilities import Capability
from agencies.web.places import places_of
from referrals import listing


@require_safe
@login_required
def work(request: HttpRequest) -> HttpResponse:
    """Everything before any place of mine, newest first, each row with the place it is before."""
    rows = [
        (place, row)
        for place in places_of(request)
        if place.actor.may(Capability.VIEW_INBOX)
        for row in listing.inbox(place.actor)
    ]
    rows.sort(key=lambda pair: pair[1].at, reverse=True)
    return render(request, "board/work.html", {"rows": rows})
