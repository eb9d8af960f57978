"""Signing in with one click as somebody invented: with the demo's mark, on this machine alone (``bhu.signin.demo``)."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.logout import logout
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from agencies.models import Agency, Membership, User
from agencies.roles import NAMES, Role
from bhu.signin import demo
from bhu.signin.strength import DEMO

app_name = "demo"


@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    """Everybody of the demo network by agency, each with a button. 404 where the demo's sign-in is closed."""
    _open_or_404(request)
    live = Membership.objects.live(timezone.now()).filter(user__isnull=False)
    rows = live.select_related("agency", "user").order_by("agency__created_at", "agency__id", "id")
    return render(request, "demo/people.html", {"agencies": list(_by_agency(rows))})


@require_POST
def enter(request: HttpRequest, user_id: UUID) -> HttpResponseBase:
    """Sign in as this person; whoever was signed in is signed out. The session and the log say ``demo``."""
    _open_or_404(request)
    user = get_object_or_404(User, pk=user_id, is_active=True)
    logout(request, show_message=False)
    record_authentication(request, user, DEMO)
    adapter = get_adapter(request)
    adapter.login(request, user)
    answer: HttpResponseBase = adapter.post_login(
        request, user, email_verification="none", signal_kwargs=None, email=None, signup=False, redirect_url=None
    )
    return answer


def _open_or_404(request: HttpRequest) -> None:
    if not demo.allowed(request):
        raise Http404


def _by_agency(rows: Iterable[Membership]) -> Iterable[tuple[Agency, Sequence[tuple[User | None, str]]]]:
    for agency, members in groupby(rows, key=lambda row: row.agency):
        yield agency, [(row.user, gettext(NAMES[Role(row.role)])) for row in members]


urlpatterns = [path("", people, name="people"), path("<uuid:user_id>", enter, name="enter")]
