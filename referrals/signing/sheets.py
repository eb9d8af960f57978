"""Making a paper ready: who the client is as the actor opens it, whom it names, and until when it lasts."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.utils import formats, timezone, translation
from django.utils.translation import gettext

from agencies.actor import Actor
from agencies.days import local_day
from agencies.models import Agency
from agencies.services import agency_called
from fhir.content.compartments import Compartment
from fhir.content.exact import Object, Tree
from fhir.content.issues import error
from referrals.consents.forms import FormVersion
from referrals.errors import Invalid
from referrals.opening import OpenReferral, open_referral
from referrals.packs.packs import Pack
from referrals.services.reading_consents import pack_of
from referrals.services.recipients import active

from . import papers
from .acts import Known
from .papers import Sheet, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A paper ready to be signed, in one language, by the rules of the agency's state."""

    referral_id: UUID
    reference: str
    agency: Agency
    sheet: Sheet
    form: FormVersion
    pack: Pack
    known: Known


def ready(actor: Actor, referral_id: UUID, wanted: Wanted, *, language: str) -> Ready:
    """The paper ``wanted``, filled with who the client is. The contact part is opened as this actor, and recorded.

    Raises what opening raises, ``Invalid`` for a paper, language, agency or signer there is not, ``UnknownAgency``,
    ``Denied`` in a state whose rules nobody wrote down.
    """
    paper = papers.paper_called(wanted.paper)
    papers.require_signers(wanted.signers)
    opened = open_referral(actor, referral_id, compartments=[Compartment.CONTACT])
    agency = Agency.objects.get(pk=actor.agency_id)
    pack = pack_of(agency.state)
    known = _known(opened)
    sheet = Sheet(
        paper=paper.slug,
        version=paper.version,
        patient=f"Patient/{opened.patient_id}",
        client=known.name,
        discloser=f"Organization/{agency.id}",
        discloser_name=agency.name,
        address=address_of(agency),
        places=_places(agency, wanted),
        until=wanted.until or local_day(agency, timezone.now()) + timedelta(pack.lengths[paper.slug].default_days),
        signers=wanted.signers,
    )
    form = papers.form_of(sheet, language)
    if form is None:
        raise Invalid([error("value", "language", f"must be one of: {', '.join(sheet.languages)}")])
    return Ready(
        referral_id=referral_id,
        reference=opened.reference,
        agency=agency,
        sheet=sheet,
        form=form,
        pack=pack,
        known=known,
    )


def name_in(patient: Object) -> str:
    """A client's name as one line, "" without one. Line ends go: in the signed text each line means something."""
    names = patient.get("name")
    name = next((each for each in names if isinstance(each, dict)), {}) if isinstance(names, list) else {}
    parts = [name.get("text")] if name.get("text") else [*_list(name.get("given")), name.get("family")]
    return " ".join(" ".join(str(part) for part in parts if part).split())


def address_of(agency: Agency) -> str:
    """Where the client can write to stop it: the address, else what there is to reach the agency by."""
    ways = [agency.address] if agency.address else [agency.email, agency.phone]
    return ", ".join(way for way in ways if way) or agency.name


def in_words(day: date, language: str) -> str:
    """A day as people of that language write it."""
    with translation.override(language):
        return formats.date_format(day, "DATE_FORMAT")


def ticked_here(sheet: Sheet) -> str:
    """What fills the blank for the places while they are being ticked, in the language of the page."""
    names = tuple(sheet.places.values())
    return names[0] if len(names) == 1 else gettext("those you tick here") if names else papers.NOBODY


def _known(opened: OpenReferral) -> Known:
    """Who the client is by the newest Patient; nothing without one."""
    records = [section for section in opened.sections if section.type == "Patient"]
    newest = max(records, key=lambda section: section.version, default=None)
    if newest is None:
        return Known(name="", born="", version=0)
    return Known(name=name_in(newest.tree), born=str(newest.tree.get("birthDate", "")), version=newest.version)


def _places(agency: Agency, wanted: Wanted) -> dict[str, str]:
    ids = [agency_called(slug).id for slug in wanted.recipients]
    named = active(ids, other_than=agency) if ids else []
    return {f"Organization/{each.id}": each.name for each in named}


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []
