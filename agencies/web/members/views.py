"""The pages of an agency's administrator: members, invitations, a fresh way in. Anybody else gets 404."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies import inviting, mailing
from agencies.errors import AgencyError
from agencies.members import Member, members_of
from agencies.models import Invitation
from agencies.roles import NAMES, Role
from agencies.web.places import Place, at_place

from .forms import InviteForm

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase]


def for_managers(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page at a place whose role decides who belongs; a refusal of the service is said on the list."""

    @at_place
    def guarded(request: HttpRequest, place: Place, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not inviting.may_manage(place.actor):
            raise Http404
        try:
            return view(request, place, *args, **kwargs)
        except AgencyError as refused:
            messages.error(request, str(refused))
            return _to_list(place)

    return wraps(view)(guarded)


@require_safe
@for_managers
def members(request: HttpRequest, place: Place) -> HttpResponse:
    """Everybody who belongs, and the invitations that are open."""
    open_now = [
        {"row": row, "role": _(NAMES[Role(row.role)]), "mine": row.by_id == place.membership.pk}
        for row in inviting.open_invitations(place.agency)
    ]
    said = {"members": members_of(place.agency), "invitations": open_now, "own": place.membership.pk}
    return render(request, "members/list.html", said)


@require_http_methods(["GET", "POST"])
@for_managers
def invite(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Invite somebody by mail."""
    form = InviteForm(request.POST or None, agency=place.agency)
    if request.method == "POST" and form.is_valid():
        try:
            row, token = inviting.invite(
                actor=place.actor,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=Role(form.cleaned_data["role"]),
            )
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            _mail(request, place, row, token)
            return _to_list(place)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "members/invite.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
@for_managers
def end(request: HttpRequest, place: Place, membership_id: UUID) -> HttpResponseBase:
    """Ask, then end a membership."""
    if request.method == "POST":
        inviting.end(actor=place.actor, membership_id=membership_id)
        messages.success(request, _("The membership has ended. It opens nothing any more."))
        return _to_list(place)
    return render(request, "members/end.html", {"member": _member(place, membership_id)})


@require_http_methods(["GET", "POST"])
@for_managers
def renew(request: HttpRequest, place: Place, membership_id: UUID) -> HttpResponseBase:
    """Ask, then take password and second factors away and mail the link for new ones."""
    if request.method == "POST":
        row, token = inviting.renew(actor=place.actor, membership_id=membership_id)
        _mail(request, place, row, token)
        return _to_list(place)
    return render(request, "members/renew.html", {"member": _member(place, membership_id)})


@require_POST
@for_managers
def approve(request: HttpRequest, place: Place, invitation_id: UUID) -> HttpResponseBase:
    """Agree to what another administrator asked for; the link that was mailed works from now on."""
    row = inviting.approve(actor=place.actor, invitation_id=invitation_id)
    messages.success(request, _("You agreed. %(name)s can use the link now.") % {"name": row.name})
    return _to_list(place)


@require_POST
@for_managers
def withdraw(request: HttpRequest, place: Place, invitation_id: UUID) -> HttpResponseBase:
    """Take an invitation back."""
    inviting.withdraw(actor=place.actor, invitation_id=invitation_id)
    messages.success(request, _("The invitation was taken back. Its link is dead."))
    return _to_list(place)


def _mail(request: HttpRequest, place: Place, row: Invitation, token: str) -> None:
    if not mailing.send(row, token):
        inviting.withdraw(actor=place.actor, invitation_id=row.pk)
        messages.error(request, _("The mail could not be sent, so the link is dead. Try again later."))
    elif row.approved_at is None:
        messages.warning(request, _("Sent. The link works as soon as another administrator agrees."))
    else:
        messages.success(request, _("Sent to %(email)s.") % {"email": row.email})


def _member(place: Place, membership_id: UUID) -> Member:
    for member in members_of(place.agency):
        if member.membership.pk == membership_id:
            return member
    raise Http404


def _to_list(place: Place) -> HttpResponse:
    return HttpResponseRedirect(reverse("agencies:members", args=place.at), status=HTTPStatus.SEE_OTHER)
