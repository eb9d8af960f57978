"""The door of every page about one referral: who is not signed in, who has another place in it, whose part ended."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from agencies.web.places import Place, place_at, places_of
from referrals import errors, listing
from referrals.policy.codes import DENIALS, DenyCode

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Place, UUID, P], HttpResponseBase]

ENDED = frozenset(
    {DenyCode.WITHDRAWN, DenyCode.CONSENT_REVOKED, DenyCode.CONSENT_EXPIRED, DenyCode.EMERGENCY_OVER, DenyCode.PURGED}
)
"""The codes of a part that an agency had: what it wrote itself it may go on reading, save what was deleted."""


class SeeOther(HttpResponseRedirect):
    """Where the answer to something sent is to be read: going back does not send it again."""

    status_code = HTTPStatus.SEE_OTHER


def of_referral(view: View[P]) -> Callable[..., HttpResponseBase]:
    """Give a view the ``Place`` and the referral that its address names.

    Whoever has no such place, or whose agency there has no part in it, is offered their own places in it, if they
    have one, and else told what everybody is told.
    """

    @login_required
    @wraps(view)
    def at(
        request: HttpRequest, agency: str, role: str, referral_id: UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        try:
            place = place_at(request, agency, role)
            request.place = place  # type: ignore[attr-defined]  # for the frame of the page
            with timezone.override(place.agency.time_zone):
                return _answered(view, request, place, referral_id, *args, **kwargs)
        except (Http404, errors.NotFound):
            return elsewhere(request, referral_id)

    return at


def _answered(
    view: View[P], request: HttpRequest, place: Place, referral_id: UUID, *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    try:
        return view(request, place, referral_id, *args, **kwargs)
    except errors.Denied as refusal:
        if refusal.code not in ENDED:
            raise
        denial = DENIALS[DenyCode(refusal.code)]
        said = {"refusal": gettext(denial.words), "remedy": gettext(denial.remedy), "referral_id": referral_id}
        said |= {"code": refusal.code, "keeps": refusal.code != DenyCode.PURGED}
        return render(request, "file/ended.html", said, status=HTTPStatus.FORBIDDEN)


def elsewhere(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The page that offers a person their other places in a referral. Raises ``Http404`` for who has none."""
    places = {place.actor: place for place in places_of(request)}
    mine = [places[actor] for actor in listing.at_home(list(places), referral_id)]
    if not mine:
        raise Http404
    request.place = None  # type: ignore[attr-defined]  # the address names none of theirs
    return render(
        request, "file/elsewhere.html", {"mine": mine, "referral_id": referral_id}, status=HTTPStatus.NOT_FOUND
    )
