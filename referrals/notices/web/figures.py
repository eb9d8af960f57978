"""Numbers: how fast an agency answers, and for the network's administrator what waits to go out."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_safe

from agencies.web.places import Place, at_place
from referrals.notices.kinds import CHANNELS
from referrals.notices.services import measuring, outbox
from referrals.notices.timers import Rung

RUNGS = {
    Rung.ACKNOWLEDGED: _("until somebody had it"),
    Rung.DECIDED: _("until it was accepted"),
    Rung.ARRIVED: _("until the client came"),
}
GROUPS = {measuring.URGENT: _("Urgent"), measuring.ROUTINE: _("Routine")}
QUEUES = {outbox.ADDRESSING: _("recipients to be found"), **{str(name): word for name, word in CHANNELS.items()}}


@require_safe
@at_place
def times(request: HttpRequest, place: Place) -> HttpResponse:
    """How fast the agency answers what it is asked."""
    if not measuring.may_see(place.actor):
        raise Http404
    found = [
        {
            "group": gettext(GROUPS[each.urgency]),
            "rung": gettext(RUNGS[each.rung]),
            "figure": each,
            "median": said(each.median),
            "nine_in_ten": said(each.nine_in_ten),
            "soon": None if each.soon is None else round(100 * each.soon),
        }
        for each in measuring.figures(place.actor, at=timezone.now())
    ]
    return render(request, "notices/times.html", {"figures": found, "days": measuring.SPAN.days})


@require_safe
@at_place
def queue(request: HttpRequest, place: Place) -> HttpResponse:
    """What waits to go out over the whole network."""
    if not outbox.may_see(place.actor):
        raise Http404
    rows = [{"name": gettext(QUEUES[each.name]), "queue": each} for each in outbox.queues(at=timezone.now())]
    return render(request, "notices/queue.html", {"rows": rows})


def said(length: timedelta | None) -> str:
    """A length of time in words: minutes, then hours, then days; a dash for none."""
    if length is None:
        return "–"
    minutes = round(length.total_seconds() / 60)
    if minutes < 120:
        return gettext("%(n)d min") % {"n": minutes}
    if minutes < 48 * 60:
        return gettext("%(n)d hr") % {"n": round(minutes / 60)}
    days = round(minutes / (24 * 60))
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
