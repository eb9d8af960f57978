"""Looking at who would see what, sending it, and what whoever sent it takes along."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.capabilities import Capability
from agencies.coverage import services as coverage
from agencies.web.places import Place, at_place
from fhir.content.builders import Agreed
from fhir.content.compartments import Compartment
from referrals.drafts import services as drafts
from referrals.drafts.errors import Changed
from referrals.errors import Denied, Invalid, NotFound, PreviewChanged
from referrals.perform import perform
from referrals.policy.codes import DENIALS, DenyCode
from referrals.previewing import preview as look
from referrals.receipt import receipt_of
from referrals.services.planning import Plan

from . import views
from .forms import Telling
from .screens import SUICIDE
from .sheets import COVER, Sheet, kept_sheet
from .wording import following, found, seen, wrote


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@at_place
@views.sent_already
def preview(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """Who would see what, in plain words; the button sends exactly this."""
    sheet = kept_sheet(request, place, draft_id)
    form = sheet.told(views.kept_data(sheet))
    if not form.is_valid():
        return views.go(request, sheet.url("new-draft") + "?check")
    if sheet.needs_check(sheet.asked(form)):
        return views.go(request, sheet.url("new-medical"))
    if "cover" in request.POST:
        return _choose(request, sheet, form)
    return _send(request, sheet, form) if request.method == "POST" else _look(request, sheet, form)


def _choose(request: HttpRequest, sheet: Sheet, form: Telling) -> HttpResponse:
    """An agency that is covered gets it itself after all, or who covers it does: kept with the draft."""
    try:
        chosen = UUID(request.POST["cover"])
        if chosen not in sheet.asked(form).to:
            raise NotFound
        itself = sheet.itself ^ {chosen}
        sheet.keep(COVER, {"itself": sorted(map(str, itself))}, version=views.version_of(request.POST))
    except ValueError:
        raise NotFound from None
    except Changed as changed:
        sheet.take(changed.kept)
        return _look(request, sheet, form, changed=True)
    return views.go(request, sheet.url("new-preview"))


def _look(request: HttpRequest, sheet: Sheet, form: Telling, *, changed: bool = False) -> HttpResponse:
    try:
        plan = look(sheet.place.actor, sheet.act(sheet.asked(form)))
    except (Denied, Invalid) as refusal:
        if isinstance(refusal, Denied) and refusal.covered is not None:
            return _not_to_cover(request, sheet, refusal, refusal.covered)
        form = sheet.form(views.kept_data(sheet))
        form.add_error("to", _why(refusal))
        return views.page(request, sheet, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = {
        "sheet": sheet,
        "form": form,
        "plan": plan,
        "changed": changed,
        "refused_but_danger": _in_danger(form, plan),
        "seen": seen(plan),
        "then": following(plan),
        "suicide": found(sheet.score(SUICIDE)),
        "advice": [_(words) for words in plan.advice],
        "wrote": list(wrote(form)),
        "back": sheet.url("new-draft"),
        "words": form.warnings(),
    }
    return render(request, "sending/preview.html", said, status=HTTPStatus.CONFLICT if changed else HTTPStatus.OK)


def _not_to_cover(request: HttpRequest, sheet: Sheet, refusal: Denied, covered: UUID) -> HttpResponse:
    """It may not go to who covers: why, and how to get on."""
    denial = DENIALS[DenyCode(refusal.code)]
    said = {
        "sheet": sheet,
        "route": coverage.routes([covered], at=timezone.now()).get(covered),
        "why": _(denial.words),
        "remedy": _(denial.remedy),
        "back": sheet.url("new-draft"),
        "here": sheet.url("new-preview"),
    }
    return render(request, "sending/covered.html", said, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _send(request: HttpRequest, sheet: Sheet, form: Telling) -> HttpResponse:
    """Send what was looked at. The draft is the key: a second click, or a second try, finds what the first did."""
    actor = sheet.place.actor
    if views.version_of(request.POST) != sheet.version:
        return _look(request, sheet, form, changed=True)
    act = sheet.act(sheet.asked(form), previewed=request.POST.get("digest", "-"))
    try:
        done = perform(actor, [act], key=f"draft-{sheet.id}")
    except PreviewChanged:
        return _look(request, sheet, form, changed=True)
    except Denied as refusal:
        if refusal.covered is None:
            raise
        return _not_to_cover(request, sheet, refusal, refusal.covered)
    if drafts.sent(actor, sheet.id, version=sheet.version, referral_id=done.referral_id):
        messages.warning(
            request, _("Sent as you looked at it. What was typed since, in another tab, is in your drafts.")
        )
    return views.go(request, _sent_url(sheet.place, done.referral_id))


def _in_danger(form: Telling, plan: Plan) -> bool:
    """Whether it goes with the name although the person said no, because a screen says that life is at risk."""
    said_no = form.cleaned_data["agreed"] == Agreed.NO.value
    return said_no and any(Compartment.CONTACT in row.now for row in plan.recipients)


def _why(refusal: Denied | Invalid) -> str:
    if isinstance(refusal, Invalid):
        return str(refusal)
    said = DENIALS[DenyCode(refusal.code)]
    return f"{_(said.words)} {_(said.remedy)}"


@require_safe
@login_required
@at_place
def sent(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """The number to say, whom to call, and what to do next."""
    may_copy = place.actor.sworn and place.actor.may(Capability.VIEW_INBOX)
    said = {"receipt": receipt_of(place.actor, referral_id), "may_copy": may_copy}
    return render(request, "sending/sent.html", said)


def _sent_url(place: Place, referral_id: UUID) -> str:
    return reverse("referrals:new-sent", args=[*place.at, referral_id])
