"""Which systems are told of changes, how that goes, and a button to try one."""

from http import HTTPStatus
from types import MappingProxyType
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_POST, require_safe

from agencies.web.places import Place, at_place_if
from fhir.subscriptions.kinds import Problem, Status
from fhir.subscriptions.services import looking

STATUSES = MappingProxyType(
    {
        Status.REQUESTED: _("being tried for the first time"),
        Status.ACTIVE: _("is told"),
        Status.ERROR: _("is not told any more: its own people must ask for it again"),
        Status.OFF: _("switched off"),
    }
)
PROBLEMS = MappingProxyType(
    {
        Problem.NO_ANSWER: _("It gave no answer in time."),
        Problem.ODD_ANSWER: _("It gave an answer that is no yes."),
        Problem.GONE: _("It said that nothing is there any more."),
        Problem.FORBIDDEN_ADDRESS: _("Its address leads nowhere we may go."),
        Problem.NOT_ALLOWED: _("The system may not be told any more: it is switched off, or may not read this."),
        Problem.FAULT: _("A fault of this installation."),
        Problem.ENDED: _("The end that was set for it has come."),
        Problem.RESTORED: _("This server was restored from a backup. The system must read anew, and ask again."),
    }
)
TOPICS = MappingProxyType({"Task": _("tasks"), "ServiceRequest": _("requests")})


@require_safe
@at_place_if(looking.may_see)
def listed(request: HttpRequest, place: Place) -> HttpResponse:
    """The list."""
    rows = [
        {
            "row": each,
            "topic": gettext(TOPICS[each.topic]),
            "status": gettext(STATUSES[each.status]),
            "problem": gettext(PROBLEMS[each.problem]) if each.problem else "",
            "bad": each.status is Status.ERROR or each.failing_since is not None,
        }
        for each in looking.shown(place.actor)
    ]
    return render(request, "subscriptions/list.html", {"rows": rows})


@require_POST
@at_place_if(looking.may_see)
def attempt(request: HttpRequest, place: Place, subscription_id: UUID) -> HttpResponse:
    """Send one a handshake now, and say what came of it."""
    problem = looking.attempt(place.actor, subscription_id)
    if problem is None:
        messages.success(request, gettext("It answered: what is sent there arrives."))
    else:
        messages.error(request, gettext("It was tried and not taken. %(why)s") % {"why": gettext(PROBLEMS[problem])})
    return HttpResponseRedirect(reverse("subscriptions:list", args=place.at), status=HTTPStatus.SEE_OTHER)
