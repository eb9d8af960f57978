"""The agency's own part of the log: searched, by file, by client; and why something is open to somebody or is not."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.kinds import Purpose
from agencies.web.places import Place
from audit import entry_proofs
from fhir.content.compartments import Compartment
from referrals import auditing
from referrals.desk import words
from referrals.desk.services import searching
from referrals.desk.services.searching import Asked, Found
from referrals.errors import NotFound
from referrals.explaining import explain_member
from referrals.web.words import PURPOSES, part

from .doors import for_officers, form_page, to
from .forms import FileForm, SearchForm, WhyForm
from .reasoning import gates

NOT_FOUND = _("There is no such referral or client of your agency. Check what you typed.")


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def search(request: HttpRequest, place: Place) -> HttpResponse:
    """What narrows it stands in the address; a number or a client's id is sent, and leads to its own page."""
    by_file = FileForm(request.POST if request.method == "POST" else None)
    if by_file.is_bound and by_file.is_valid():
        answer = _file_or_client(place, by_file.cleaned_data["number"])
        if answer is not None:
            return answer
        by_file.add_error("number", gettext(NOT_FOUND))
    form = SearchForm(request.GET or {}, staff=searching.staff_of(place.actor))
    if not form.is_valid():
        return render(request, "desk/log.html", {"form": form, "by_file": by_file}, status=422)
    typed = form.cleaned_data
    asked = Asked(
        member=UUID(typed["member"]) if typed["member"] else None,
        question=typed["question"],
        outcome=typed["outcome"],
        since=typed["since"],
        until=typed["until"],
    )
    found = searching.search(place.actor, asked, after=request.GET.get("after", ""))
    kept = urlencode([(name, request.GET[name]) for name in form.fields if request.GET.get(name)])
    said = {"form": form, "by_file": by_file, "kept": kept, **_shown(found)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if by_file.errors else HTTPStatus.OK
    return render(request, "desk/log.html", said, status=status)


def _file_or_client(place: Place, spoken: str) -> HttpResponse | None:
    """The page of the referral by that number or id, else of the client by that id; ``None`` for neither."""
    try:
        return to(place, "desk-file", searching.referral_named(place.actor, spoken))
    except NotFound:
        pass
    try:
        client = UUID(spoken.strip())
        searching.search(place.actor, Asked(client=client))
    except (NotFound, ValueError):
        return None
    return to(place, "desk-client", client)


@require_safe
@for_officers
def file(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """Who opened this file, newest first; with ``all`` everything that was done about it."""
    number = searching.number_of(place.actor, referral_id)
    everything = "all" in request.GET
    asked = Asked(referral=referral_id, question="" if everything else "opened")
    found = searching.search(place.actor, asked, after=request.GET.get("after", ""))
    said = {
        "number": number,
        "referral_id": referral_id,
        "client": searching.clients_in(place.actor, referral_id),
        "everything": everything,
        "kept": "all=1" if everything else "",
    }
    return render(request, "desk/file.html", said | _shown(found))


@require_safe
@for_officers
def proof(request: HttpRequest, place: Place, event_id: UUID) -> HttpResponseBase:
    """One entry of the agency's own part with the proof that it stands in the log, as a file to be checked anywhere."""
    auditing.one(place.actor, str(event_id))
    try:
        written = entry_proofs.entry_proof(event_id)
    except entry_proofs.NotYet:
        messages.warning(request, gettext("This entry is not signed yet. Try again in a minute."))
        return to(place, "desk-log")
    answer = HttpResponse(written, content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{event_id}{entry_proofs.SUFFIX}"'
    return answer


@require_safe
@for_officers
def client(request: HttpRequest, place: Place, client_id: UUID) -> HttpResponse:
    """What was done about all referrals of one of the agency's clients, who goes by an id here and by no name."""
    found = searching.search(place.actor, Asked(client=client_id), after=request.GET.get("after", ""))
    return render(request, "desk/client.html", {"client_id": client_id, **_shown(found)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_officers
def why(request: HttpRequest, place: Place) -> HttpResponse:
    """Why a member of the agency may or may not read a part of a referral, gate by gate."""
    form = WhyForm(request.POST if request.method == "POST" else None, staff=searching.staff_of(place.actor))
    said: dict[str, object] = {"form": form}
    if form.is_bound and form.is_valid():
        typed, asked = form.cleaned_data, Compartment(form.cleaned_data["part"])
        try:
            referral = searching.referral_named(place.actor, typed["number"])
            answer = explain_member(place.actor, UUID(typed["member"]), referral, asked)
        except NotFound:
            form.add_error("number", gettext("There is no such referral of your agency, or that person left it."))
        else:
            said |= {"said": answer, "about": part(asked), "remedy": gettext(answer.remedy) if answer.remedy else ""}
            said |= {"words": gettext(answer.words) if answer.words else "", "gates": gates(answer)}
    return form_page(request, "desk/why.html", said)


def _shown(found: Found) -> dict[str, object]:
    lines = [
        {
            "row": line,
            "action": gettext(words.SAID[line.action]) if line.action in words.SAID else line.action,
            "outcome": gettext(words.OUTCOMES[line.outcome]),
            "role": gettext(line.role) if line.role else "",
            "who": gettext(line.who),
            "purpose": gettext(PURPOSES[Purpose(line.purpose)]) if line.purpose in set(Purpose) else line.purpose,
            "code": _code(line.code),
        }
        for line in found.lines
    ]
    return {"lines": lines, "after": found.after}


def _code(code: str) -> str:
    """The parts that an opening names, in words; any other code as it stands."""
    named = code.split("+")
    return ", ".join(part(Compartment(each)) for each in named) if set(named) <= set(Compartment) else code
