"""The desk itself, the alerts, and the weekly review."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.web.places import Place
from referrals.desk import kinds
from referrals.desk.kinds import AlertKind, AlertState, Because
from referrals.desk.models import Alert
from referrals.desk.services import alerts, searching, weeks
from referrals.desk.services.waiting import what_waits
from referrals.errors import IllegalStep, Invalid

from .doors import for_officers, to


@require_safe
@for_officers
def home(request: HttpRequest, place: Place) -> HttpResponse:
    """What waits for her: the earliest deadline first."""
    waiting = what_waits(place.actor, zone=ZoneInfo(place.agency.time_zone))
    return render(request, "desk/home.html", {"waiting": waiting, "kinds": _translated(kinds.INCIDENTS)})


@require_safe
@for_officers
def all_alerts(request: HttpRequest, place: Place) -> HttpResponse:
    """The alerts: new, looked at, closed."""
    found = alerts.all_of(place.actor)
    said = {"alerts": list(_shown(place, found)), "reasons": _translated(kinds.REASONS)}
    return render(request, "desk/alerts.html", said)


@require_POST
@for_officers
def alert(request: HttpRequest, place: Place, alert_id: UUID) -> HttpResponseBase:
    """Say that it was looked at; or close it, with a reason."""
    because = request.POST.get("because", "")
    try:
        if because in set(Because):
            alerts.close(place.actor, alert_id, because=Because(because))
        elif "look" in request.POST:
            alerts.look(place.actor, alert_id)
        else:
            messages.error(request, gettext("Choose why it can be closed."))
    except IllegalStep as overtaken:
        messages.warning(request, str(overtaken))
    return to(place, "desk-alerts")


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def review(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The weeks that are over; one of them in numbers. Sent: it was looked through."""
    if request.method == "POST":
        return _reviewed(request, place)
    queue = weeks.queue(place.actor)
    asked = _monday(request.GET.get("week", ""))
    open_now = [week for week in queue if week.reviewed_at is None]
    chosen = next((week for week in queue if week.monday == asked), next(iter(open_now), None))
    lines = weeks.counted(place.actor, chosen.monday) if chosen else []
    counted = [(gettext(line.words), line) for line in lines]
    return render(request, "desk/weeks.html", {"weeks": queue, "chosen": chosen, "lines": counted})


def _reviewed(request: HttpRequest, place: Place) -> HttpResponseBase:
    monday = _monday(request.POST.get("week", ""))
    try:
        if monday is not None:
            weeks.review(place.actor, monday)
            messages.success(request, gettext("The week is marked as reviewed."))
    except (Invalid, IllegalStep) as refusal:
        messages.warning(request, str(refusal))
    return to(place, "desk-weeks")


def _monday(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _shown(place: Place, found: list[Alert]) -> Iterator[dict[str, Any]]:
    names = searching.names_of(place.actor, [row.who for row in found])
    for row in found:
        member = row.who.removeprefix(searching.MEMBERSHIP) if row.who.startswith(searching.MEMBERSHIP) else ""
        yield {
            "row": row,
            "what": gettext(kinds.ALERTS[AlertKind(row.kind)]),
            "who": gettext(names[row.who]),
            "member": member,
            "referral": row.about.removeprefix(searching.REFERRAL) if row.about.startswith(searching.REFERRAL) else "",
            "state": gettext(kinds.ALERT_STATES[AlertState(row.state)]),
            "because": gettext(kinds.REASONS[Because(row.reason)]) if row.reason else "",
        }


def _translated(table: Any) -> dict[str, str]:
    return {str(code.value): gettext(word) for code, word in table.items()}
