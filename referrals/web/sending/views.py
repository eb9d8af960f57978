"""Telling it: the page of a new referral, its two screens, the drafts."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from agencies.web.places import Place, at_place, places_of
from fhir.content.questionnaires.c_ssrs import C_SSRS
from referrals import starting
from referrals.cad import read_cad
from referrals.drafts import services as drafts
from referrals.drafts.errors import AlreadySent, Changed
from referrals.errors import NotFound

from .forms import LOCAL, PERSON, TOP, WHEN, Telling
from .screens import MEDICAL, ONLY_AFTER, PAGES, SUICIDE, data_of
from .sheets import FORM, TELLING, Sheet, kept_sheet, new_sheet, typed
from .wording import found, shown, stopped

GET_POST = require_http_methods(["GET", "HEAD", "POST"])


def go(request: HttpRequest, url: str) -> HttpResponse:
    """On to ``url``: told to the script that sent the form, or to the browser."""
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(url)
    answer = redirect(url)
    answer.status_code = HTTPStatus.SEE_OTHER
    return answer


def sent_already(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of a draft that was sent leads to what came of it: the Back button sends nothing twice."""

    @wraps(view)
    def answer(request: HttpRequest, place: Place, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, place, *args, **kwargs)
        except AlreadySent as sent:
            return go(request, reverse("referrals:new-sent", args=[*place.at, sent.referral_id]))

    return answer


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Where to begin: at once if there is one place, else the places to choose from."""
    begun_from = [place for place in places_of(request) if starting.may_start(place.actor)]
    if len(begun_from) == 1:
        return redirect("referrals:new", *begun_from[0].at)
    return render(request, "sending/choose.html", {"found": begun_from})


@GET_POST
@login_required
@at_place
@sent_already
def new(request: HttpRequest, place: Place) -> HttpResponse:
    """A page that nothing is kept of yet; its id is made here, so that a double click begins one draft."""
    sheet = new_sheet(request, place)
    if request.method == "POST":
        sheet.id = _id_of(request.POST)
        return _told(request, sheet)
    return page(request, sheet, sheet.form())


@GET_POST
@login_required
@at_place
@sent_already
def draft(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """A draft of the reader's own; with ``?check`` what is missing is said."""
    sheet = kept_sheet(request, place, draft_id)
    if request.method == "POST":
        return _told(request, sheet)
    checked = "check" in request.GET
    form = sheet.form(kept_data(sheet)) if checked else sheet.form()
    return page(request, sheet, form)


@require_POST
@login_required
@at_place
def keep(request: HttpRequest, place: Place) -> HttpResponse:
    """Keep what is typed, while it is typed: answers the version and what to look at, as JSON."""
    sheet = new_sheet(request, place)
    sheet.id = _id_of(request.POST)
    form = sheet.form(request.POST)
    try:
        sheet.keep(TELLING, typed(form, request.POST), version=version_of(request.POST))
    except Changed as changed:
        return JsonResponse({"version": changed.kept.version}, status=HTTPStatus.CONFLICT)
    except AlreadySent:
        return JsonResponse({}, status=HTTPStatus.GONE)
    return JsonResponse({"version": sheet.version, "url": sheet.url("new-draft"), "words": form.warnings()})


def _told(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    """Keep what was typed, then do what the button says."""
    data, do = request.POST, request.POST.get("do", "preview")
    form = sheet.form(data)
    content = typed(form, data)
    read = _read_cad(data) if do == "cad" else {}
    try:
        sheet.keep(TELLING, {**content, **read}, version=version_of(data))
    except Changed as changed:
        return _conflict(request, sheet, form, changed)
    if do == "preview":
        return _on(request, sheet, form)
    if do == "cad":
        _say_what_was_read(request, read)
    elif do == "keep":
        messages.success(request, _("Kept. Only you can open it, for seven days."))
    names = {SUICIDE: "new-suicide", MEDICAL: "new-medical"}
    return go(request, sheet.url(names.get(do, "new-draft")))


def _on(request: HttpRequest, sheet: Sheet, form: Telling) -> HttpResponse:
    """The next page, or this one with what is wrong."""
    if not form.is_valid():
        return page(request, sheet, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return go(request, sheet.url("new-medical" if sheet.needs_check(sheet.asked(form)) else "new-preview"))


def _conflict(request: HttpRequest, sheet: Sheet, form: Telling, changed: Changed) -> HttpResponse:
    """What is kept and what is typed differ: both are shown, and nothing is overwritten without being said."""
    sheet.take(changed.kept)
    other = sheet.form(kept_data(sheet))
    differing = [
        {"label": form[name].label, "here": shown(form, name), "there": shown(other, name)}
        for name in form.fields
        if shown(form, name) != shown(other, name)
    ]
    form.add_error(None, _("This draft was changed in another tab. Nothing of either is lost: see below."))
    return page(request, sheet, form, status=HTTPStatus.CONFLICT, differing=differing)


def page(
    request: HttpRequest, sheet: Sheet, form: Telling, *, status: int = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    """The page of a referral that is being told."""
    said = {
        "sheet": sheet,
        "form": form,
        "when": form.group(WHEN),
        "top": form.group(TOP),
        "person": form.group(PERSON),
        "may_screen": starting.may_screen(sheet.place.actor),
        "suicide": found(sheet.score(SUICIDE)),
        "medical": found(sheet.score(MEDICAL)),
        "words": form.warnings(),
        "draft_url": sheet.url("new-draft"),
        **more,
    }
    return render(request, "sending/tell.html", said, status=status)


@GET_POST
@login_required
@at_place
@sent_already
def screen(request: HttpRequest, place: Place, draft_id: UUID, which: str) -> HttpResponse:
    """One of the two screens of a draft."""
    sheet = kept_sheet(request, place, draft_id)
    if not starting.may_screen(place.actor):
        raise NotFound
    made = PAGES[which][0]
    status = HTTPStatus.OK
    if request.method == "POST":
        form = made(request.POST)
        if form.is_valid():
            content = {name: request.POST.getlist(name) for name in form.fields if request.POST.get(name)}
            sheet.keep(which, content, version=version_of(request.POST))
            return go(request, _after_screen(sheet, which))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        form = made(initial=_kept_answers(sheet, which))
    said = {
        "sheet": sheet,
        "form": form,
        "only_after": ONLY_AFTER,
        "notice": C_SSRS.copyright,
        "back": sheet.url("new-draft"),
    }
    return render(request, f"sending/{which}.html", said, status=status)


def _after_screen(sheet: Sheet, page: str) -> str:
    """A red flag stops everything; else on to what is sent, if the page of the referral is filled in."""
    if page == MEDICAL and sheet.red:
        return sheet.url("new-stop")
    return sheet.url(_next_page(sheet))


@require_safe
@login_required
@at_place
@sent_already
def stop(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """A red flag: an ambulance first."""
    sheet = kept_sheet(request, place, draft_id)
    if not sheet.red:
        return redirect(sheet.url("new-draft"))
    return render(request, "sending/stop.html", _stopped(sheet))


def _stopped(sheet: Sheet) -> dict[str, Any]:
    urls = {"next": sheet.url(_next_page(sheet)), "back": sheet.url("new-medical")}
    return {"sheet": sheet, "medical": stopped(sheet.score(MEDICAL)), **urls}


def _next_page(sheet: Sheet) -> str:
    """On to what is sent if the page of the referral is filled in, else back to it."""
    return "new-preview" if sheet.form(kept_data(sheet)).is_valid() else "new-draft"


@require_safe
@login_required
@at_place
def kept(request: HttpRequest, place: Place) -> HttpResponse:
    """The reader's own drafts."""
    starting.require_starter(place.actor)
    return render(request, "sending/drafts.html", {"lines": drafts.drafts_of(place.actor, form=FORM)})


@require_POST
@login_required
@at_place
def discard(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """Let a draft go."""
    drafts.discard(place.actor, draft_id, form=FORM)
    messages.success(request, _("The draft is deleted."))
    return go(request, reverse("referrals:drafts", args=place.at))


def kept_data(sheet: Sheet) -> QueryDict:
    """What is kept of the page of the referral, as its form takes it."""
    return data_of(sheet.parts.get(TELLING, {}))


def _kept_answers(sheet: Sheet, page: str) -> dict[str, Any]:
    several = ("red", "amber")
    return {name: list(said) if name in several else said[-1] for name, said in sheet.parts.get(page, {}).items()}


def _read_cad(data: QueryDict) -> dict[str, list[str]]:
    now: datetime = timezone.localtime().replace(tzinfo=None)
    line = read_cad(data.get("cad", ""), now=now)
    read = {
        "occurred": line.occurred.strftime(LOCAL) if line.occurred else "",
        "street": line.place,
        "case_number": line.number,
    }
    return {name: [said] for name, said in read.items() if said}


def _say_what_was_read(request: HttpRequest, read: dict[str, list[str]]) -> None:
    labels = {"occurred": _("time"), "street": _("place"), "case_number": _("number")}
    if read:
        what = ", ".join(labels[name] for name in read)
        messages.success(request, _("Filled in from the line: %(what)s. Check it.") % {"what": what})
    else:
        messages.warning(request, _("Nothing was found in that line. Fill it in by hand."))


def _id_of(data: QueryDict) -> UUID:
    try:
        return UUID(data.get("draft", ""))
    except ValueError:
        raise NotFound from None


def version_of(data: QueryDict) -> int:
    """Which version of the draft a page was made from; 0 for one that was not kept yet."""
    said = data.get("version", "")
    return int(said) if said.isdecimal() and len(said) < 10 else 0
