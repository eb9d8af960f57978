"""The board: everything that is before me, in all my places, by who has it now."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from agencies.capabilities import Capability
from agencies.web.places import Place, at_place, by_readers_clock, places_of
from referrals import board
from referrals.acts.stepping import TakeStep
from referrals.board import PILES, Pile
from referrals.errors import Gone
from referrals.notices.web.counting import undelivered
from referrals.perform import perform
from referrals.web import words
from referrals.workflow import Side

from . import rows as pages


@require_safe
@login_required
@by_readers_clock
def work(request: HttpRequest) -> HttpResponse:
    """The board, or for a page that asks again just its rows. What narrows it stands in the address."""
    places, pile = places_of(request), _pile(request)
    chosen = _chosen(request, places)
    urgent = [level for level in request.GET.getlist("urgency") if level in words.PRIORITIES]
    after = pages.key_of(request.GET.get("after", ""))
    lists = [place for place in places if place.actor.may(Capability.VIEW_INBOX)]
    found = board.board([place.actor for place in chosen], pile, priorities=urgent, after=after)
    shown = {
        "pile": pile,
        "tabs": pages.tabs(_piles(places, found.numbers), found.numbers, pile),
        "rows": list(pages.shown(found.rows, places)),
        "lists": lists,
        "several": len(lists) > 1,
        "chosen": [place.membership.pk for place in chosen] if len(chosen) < len(places) else [],
        "urgent": urgent,
        "priorities": [(code, gettext(word)) for code, word in reversed(list(words.PRIORITIES.items()))],
        "mark": found.mark,
        "after": after is not None,
        "last": pages.text_of(found.last) if found.last else "",
        "kept": _kept(request),
    }
    partial = request.headers.get("HX-Request") == "true"
    if not partial:
        shown["undelivered"] = undelivered(lists)
    return render(request, "board/rows.html" if partial else "board/work.html", shown)


@require_safe
@login_required
def still(request: HttpRequest) -> HttpResponse:
    """204 while nothing has changed since ``mark``, else the word to ask for the rows again. Shows nothing."""
    chosen = _chosen(request, places_of(request))
    same = board.mark([place.actor for place in chosen]) == request.GET.get("mark")
    if same:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse(status=HTTPStatus.OK, headers={"HX-Trigger": "changed"})


@require_POST
@at_place
def accept(request: HttpRequest, place: Place, task_id: UUID) -> HttpResponse:
    """Say yes with one tap. The number of the version that was seen comes along: nobody accepts what has changed."""
    seen = _number(request.POST.get("version", ""), least=0, most=2**31)
    act = TakeStep(task_id=task_id, step="accept", version=seen)
    try:
        done = perform(place.actor, [act], key=request.POST.get("key") or None)
    except Gone as gone:
        messages.warning(request, str(gone))
        return _back(request)
    messages.success(request, gettext("%(number)s is accepted.") % {"number": done.reference})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    kept = request.POST.get("back", "")
    return HttpResponseRedirect(
        f"{reverse('referrals:work')}?{kept}" if kept else reverse("referrals:work"), status=303
    )


def _pile(request: HttpRequest) -> Pile:
    """The heading asked for; without one, the first that this person has the work for."""
    named = request.GET.get("show", "")
    if named in PILES:
        return PILES[named]
    return PILES["answer" if _answers(places_of(request)) else "theirs"]


def _piles(places: Sequence[Place], numbers: Mapping[str, int]) -> list[Pile]:
    """The headings of who answers referrals, and without those of answers of who does not and has none."""
    asked = frozenset({Side.OWNER})
    return [pile for pile in PILES.values() if pile.sides != asked or _answers(places) or numbers[pile.name]]


def _answers(places: Sequence[Place]) -> bool:
    return any(place.actor.may(Capability.ANSWER_REFERRALS) for place in places)


def _chosen(request: HttpRequest, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """The places asked for; all of them unless the address names some of mine."""
    asked = set(request.GET.getlist("place"))
    return tuple(place for place in places if str(place.membership.pk) in asked) or places


def _number(typed: str, *, least: int, most: int) -> int:
    """A number from outside, kept in its bounds; what is none is the least."""
    return min(max(int(typed), least), most) if typed.isdecimal() and len(typed) < 12 else least


def _kept(request: HttpRequest) -> str:
    """What narrows the list, to stand in every link of the page: a reload shows the same."""
    names = ("show", "place", "urgency")
    return urlencode([(name, value) for name in names for value in request.GET.getlist(name)])
