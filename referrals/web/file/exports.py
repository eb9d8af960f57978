"""Taking a referral along: a packet to print, plain text for a chart or a report, a FHIR file. Each is in the log."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from agencies.web.places import Place
from fhir.content import exact
from fhir.content.notices import PART2_SHORT
from referrals.exporting import Way, bundle, newest, take_out
from referrals.opening import OpenReferral
from referrals.web import reading

from .doors import of_referral
from .pieces import Part
from .views import shown

FHIR = "application/fhir+json"


@require_safe
@of_referral
def packet(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """Everything the reader may open, laid out for paper, the statement of the law on every page."""
    opened = _in_force(take_out(place.actor, referral_id, Way.PRINT))
    said = {"short": PART2_SHORT if opened.notices else None, "printed": timezone.now()}
    return render(request, "file/packet.html", shown(opened) | said)


@require_safe
@of_referral
def copy(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:
    """The same as plain text; for a police unit what it wrote itself."""
    opened = _in_force(take_out(place.actor, referral_id, Way.COPY))
    said = shown(opened)
    text = "\n\n".join(_text(opened, said["parts"], said["scopes"]))
    return render(request, "file/copy.html", said | {"text": text})


@require_safe
@of_referral
def download(request: HttpRequest, place: Place, referral_id: UUID) -> HttpResponse:  # noqa: ARG001  # a view
    """The same as a FHIR Bundle, in a file that goes by the number of the referral."""
    opened = take_out(place.actor, referral_id, Way.DOWNLOAD)
    answer = HttpResponse(exact.dump(bundle(opened, at=timezone.now())), content_type=FHIR)
    answer.headers["Content-Disposition"] = f'attachment; filename="{opened.reference}.json"'
    return answer


def _in_force(opened: OpenReferral) -> OpenReferral:
    """Without what later versions replaced: nobody acts on paper by what is no longer so."""
    return replace(opened, sections=tuple(newest(opened)))


def _text(opened: OpenReferral, parts: list[Part], scopes: list[str]) -> Iterator[str]:
    """Head, the statement of the law, each part, the statement again at the end: text is cut off anywhere."""
    notices = [notice.text for notice in opened.notices]
    yield gettext("Referral %(number)s") % {"number": opened.reference}
    yield from notices
    yield from scopes
    for part in parts:
        yield part.label.upper()
        for piece in part.pieces:
            yield reading.as_text(piece.sheet)
    yield from notices
