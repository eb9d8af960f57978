"""Doing something to a task of a referral: a step, words, a number. Parse, one act, then the page again."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from agencies import directory
from agencies.web.places import Place
from referrals import listing
from referrals.acts import Act
from referrals.errors import Denied, Gone, IllegalStep, Invalid, KeyReused, NotFound, Refused, Stale, TooEarly
from referrals.opening import OpenReferral, open_referral
from referrals.perform import perform
from referrals.web import words
from referrals.web.refusals import status_of
from referrals.workflow import BY_NAME, Side, Step

from .cards import Card, button, card
from .doors import SeeOther, of_referral
from .forms import NoteForm, NumberForm, StepForm, TaskForm

OVERTAKEN = (Stale, Gone, IllegalStep, TooEarly, KeyReused)
"""What is refused because it is not any more as it was shown: the page says what changed and keeps what was typed."""


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def step(request: HttpRequest, place: Place, referral_id: UUID, task_id: UUID, name: str) -> HttpResponseBase:
    """Ask why, or for words, and take the step."""
    chosen = BY_NAME.get(name)
    if chosen is None:
        raise NotFound
    if request.method != "POST":
        found = _find(place, referral_id, task_id)
        version, recorded = found.card.task.version, found.records(chosen)
        return _ask(request, found, StepForm(version=version, step=chosen, recorded=recorded))
    form = StepForm(request.POST, step=chosen, recorded="how" in request.POST)
    if form.is_valid():
        try:
            answer = _tried(request, place, form, form.act(task_id), _said(chosen))
        except OVERTAKEN as refusal:
            return _overtaken(request, place, (referral_id, task_id), form, refusal)
        if answer is not None:
            return answer
    return _ask(request, _find(place, referral_id, task_id), form)


def _said(step: Step) -> str:
    return gettext("Done: %(step)s.") % {"step": gettext(step.verb)}


def _ask(request: HttpRequest, found: "_Found", form: StepForm) -> HttpResponse:
    return _fill(request, found, form, "file/step.html", button=button(form.step))


def _fill(request: HttpRequest, found: "_Found", form: TaskForm, template: str, **more: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    said = {"form": form, "card": found.card, "opened": found.opened, "referral_id": found.opened.id, **more}
    return render(request, template, said, status=status)


def _overtaken(
    request: HttpRequest, place: Place, named: tuple[UUID, UUID], form: StepForm, refusal: Refused
) -> HttpResponse:
    """What was seen beside what is so now, and everything that was typed, ready to be sent again if it still can be."""
    said: dict[str, Any] = {"refusal": refusal, "referral_id": named[0], "button": button(form.step), "form": form}
    try:
        found = _find(place, *named)
        said |= {"card": found.card, "opened": found.opened, **_since(place, *named, form)}
    except Denied:  # an offer that another agency took: nothing of it is open any more
        return render(request, "file/overtaken.html", said, status=status_of(refusal))
    if found.offers(form.step):
        typed = {name: form.cleaned_data[name] for name in form.fields if name not in ("key", "version")}
        recorded = found.records(form.step)
        said["form"] = StepForm(initial=typed, version=found.card.task.version, step=form.step, recorded=recorded)
        said["again"] = True
    return render(request, "file/overtaken.html", said, status=status_of(refusal))


def _since(place: Place, referral_id: UUID, task_id: UUID, form: StepForm) -> dict[str, Any]:
    """How the task stood in the version that was seen, and what happened since. A step is a version, as it is shown."""
    names, seen = directory.Names(), form.cleaned_data["version"] or 0
    steps = [each for each in listing.history(place.actor, referral_id) if each.task_id == task_id]
    lines = [words.Happened.of(each, names, ours=place.agency.slug) for each in steps]
    return {"before": lines[seen - 1] if 0 < seen <= len(lines) else None, "since": lines[seen:]}


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def note(request: HttpRequest, place: Place, referral_id: UUID, task_id: UUID) -> HttpResponseBase:
    """Words to the other agency: a note, a question, "yes, if …"."""
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        answer = _tried(request, place, form, form.act(task_id), gettext("Your words were sent."))
        if answer is not None:
            return answer
    return _fill(request, _find(place, referral_id, task_id), form, "file/note.html")


@require_http_methods(["GET", "HEAD", "POST"])
@of_referral
def number(request: HttpRequest, place: Place, referral_id: UUID, task_id: UUID) -> HttpResponseBase:
    """The number under which the agency that was asked keeps it."""
    form = NumberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        act = form.act(task_id, system=f"urn:uuid:{place.agency.id}")
        answer = _tried(request, place, form, act, gettext("The number was recorded."))
        if answer is not None:
            return answer
    return _fill(request, _find(place, referral_id, task_id), form, "file/number.html")


class _Found:
    """A task as the page that asks about it shows it: nothing of the referral is opened for that."""

    def __init__(self, opened: OpenReferral, found: Card) -> None:
        self.opened, self.card = opened, found

    def records(self, step: Step) -> bool:
        """Whether the step is the answer of an agency off the network, recorded by the one that asked it."""
        return self.card.task.side is not step.side and step.side is Side.OWNER

    def offers(self, step: Step) -> bool:
        """Whether the step is among the buttons now."""
        return any(each.name == step.name for each in (*self.card.first, *self.card.after, *self.card.said))


def _find(place: Place, referral_id: UUID, task_id: UUID) -> _Found:
    """Raises ``NotFound`` for a task that is not before this agency, and what an opening raises."""
    opened = open_referral(place.actor, referral_id, only=())
    task = next((task for task in opened.tasks if task.id == task_id), None)
    if task is None:
        raise NotFound
    return _Found(opened, card(place.actor, task))


def _tried(request: HttpRequest, place: Place, form: TaskForm, act: Act, said: str) -> HttpResponseBase | None:
    """The way back to the page, or ``None`` with what is wrong beside its field."""
    try:
        return _done(request, place, form, act, said)
    except Invalid as refusal:
        form.refuse(refusal)
        return None


def _done(request: HttpRequest, place: Place, form: TaskForm, act: Act, said: str) -> HttpResponseBase:
    done = perform(place.actor, [act], key=form.once)
    if not done.repeated:
        messages.success(request, said)
    return SeeOther(reverse("referrals:file", args=[*place.at, done.referral_id]))
