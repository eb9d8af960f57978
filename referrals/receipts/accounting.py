"""The accounting of disclosures: what an agency gave out of its referrals, for the client who asks (R-P2-15, R-H-05).

Each agency accounts for what it gave out itself. What others gave out is theirs to tell: to name them here would tell
an agency where the client went next (R-P2-03).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.days import local_day
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency
from agencies.offices import is_privacy_officer
from agencies.roles import Role
from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.issues import error
from referrals.consents.models import ConsentTerms
from referrals.errors import Invalid, NotFound
from referrals.legal import clock, sealing
from referrals.legal.kinds import PAPERS, Paper
from referrals.legal.models import PaperDisclosure
from referrals.legal.recording import refusals
from referrals.models import Disclosure, Participation, Referral, Section
from referrals.policy.bases import Basis
from referrals.policy.codes import DenyCode, denied
from referrals.policy.terms import Terms, decode, digest
from referrals.services import chain, consented, keeping, recording
from referrals.services.naming import referral_called
from referrals.services.offices import require_privacy_officer

from . import ledger, reports
from .ledger import Law, Row, Span
from .models import Suspension
from .reports import Item, Line

ASKERS = frozenset({Role.CLINICIAN, Role.COORDINATOR})
"""Who asks for a client of theirs, besides the privacy officer; it takes the grant to find clients."""

ANSWERED_IN = MappingProxyType({Law.HIPAA: timedelta(days=60), Law.PART2: timedelta(days=30)})
"""How long an answer may take: an accounting by HIPAA, the list of an intermediary by 42 CFR 2.24."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """What one agency gave out, oldest first. ``answer_by`` is the last day to hand it to whoever asked today.

    ``more_on_paper``: something was given out on paper that this actor cannot open; the privacy officer can.
    """

    agency: str
    made_at: datetime
    for_client: bool
    rows: tuple[Row, ...]
    answer_by: date
    more_on_paper: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An accounting in plain words."""

    agency: str
    made_at: datetime
    answer_by: str
    more_on_paper: bool
    rows: tuple[Line, ...]


def accounting(
    actor: Actor,
    *,
    referrals: Iterable[UUID] = (),
    client: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    for_client: bool = True,
    agency: Agency | None = None,
) -> Accounting:
    """What the actor's agency gave out of ``referrals``, or of all of ``client``'s, between two days of its zone.

    ``agency`` is the actor's, if the caller has it at hand.
    ``for_client``: as the client may have it, without what is suspended today. Goes back three years for what a
    consent under 42 CFR part 2 let go, six for the rest. Raises ``Denied`` for anybody who may not ask, and for a
    whole report to anybody but a privacy officer; ``NotFound`` for a referral or client that is not the agency's.
    """
    with refusals(actor, "accounting.report"):
        with transaction.atomic():
            require_asker(actor, whole=not for_client)
            agency = agency or Agency.objects.get(pk=actor.agency_id)
            ids = _ours(actor, referrals, client)
            span = _span(agency, since, until)
            _record(actor, "accounting.report", ids, code="client" if for_client else "all")
        found = ledger.rows(ids, discloser_id=agency.id, span=span, for_client=for_client)
        on_paper = ledger.by_hand(ids, agency_id=agency.id, span=span)
        shown = [row for row in on_paper if not (for_client and ledger.suspended(row, now=span.now))]
        opens = is_privacy_officer(actor)
        found += [_by_hand(actor, row, now=span.now) for row in shown] if opens else []
    return Accounting(
        agency=agency.name,
        made_at=span.now,
        for_client=for_client,
        rows=tuple(sorted(found, key=lambda row: (row.at, row.id))),
        answer_by=local_day(agency, span.now) + ANSWERED_IN[Law.HIPAA],
        more_on_paper=bool(shown) and not opens,
    )


def intermediary_list(actor: Actor, *, referrals: Iterable[UUID] = (), client: UUID | None = None) -> Accounting:
    """To whom the client's facts went under a class of recipients the client did not name (42 CFR 2.24, R-P2-16).

    The last three years; date, recipient and a brief description. It asks for no agreement. Raises as ``accounting``,
    and ``Broken`` for terms that are not what was signed.
    """
    with recording.one_act(actor, "accounting.list"):
        require_asker(actor)
        agency = Agency.objects.get(pk=actor.agency_id)
        ids = _ours(actor, referrals, client)
        span = _span(agency, None, None)
        span = Span(since=span.earliest(Law.PART2), until=span.until, now=span.now)
        found = ledger.rows(ids, discloser_id=agency.id, span=span, for_client=True)
        named = _named_in({row.referral_id for row in found})
        rows = tuple(row for row in found if _by_class(row, named))
        _record(actor, "accounting.list", ids)
    answer_by = local_day(agency, span.now) + ANSWERED_IN[Law.PART2]
    return Accounting(agency=agency.name, made_at=span.now, for_client=True, rows=rows, answer_by=answer_by)


def in_words(actor: Actor, report: Accounting, *, zone: ZoneInfo | None = None) -> Told:
    """A report in the words of now, days in the zone of the actor's agency; asked for unless the caller knows it."""
    zone = zone or _zone(actor)
    return Told(
        agency=report.agency,
        made_at=report.made_at,
        answer_by=report.answer_by.isoformat(),
        more_on_paper=report.more_on_paper,
        rows=tuple(reports.line(row, zone=zone) for row in report.rows),
    )


def as_csv(actor: Actor, report: Accounting) -> str:
    """A report as a table, days in the zone of the actor's agency."""
    return reports.as_csv(report.rows, zone=_zone(actor), for_client=report.for_client)


def as_fhir(report: Accounting) -> Object:
    """A report as FHIR: an AuditEvent for each row, naming each resource and version that was given out.

    Consents that name others, and their papers, were not among them (R-P2-03). Of what a police unit gave, those that
    it wrote itself: another agency's in the same part are none it is told of.
    """
    ids = {row.referral_id for row in report.rows}
    found = Referral.objects.filter(pk__in=ids).select_related("folder")
    police = Agency.objects.filter(pk__in={row.discloser_id for row in report.rows}, kind=AgencyKind.POLICE)
    return reports.as_fhir(
        report.rows,
        patients={referral.pk: referral.folder.patient_id for referral in found},
        items=_shown_to_both(report.rows, _items(ids, only=set(police.values_list("pk", flat=True)))),
        at=report.made_at,
    )


def find_referral(actor: Actor, spoken: str) -> UUID:
    """The id behind a reference number of this agency's, or an id as typed. Raises ``Denied``, ``NotFound``; recorded.

    As ``listing.find_referral``, for who may ask for an accounting alone.
    """
    with recording.refusals(actor, "accounting.find"):
        require_asker(actor)
        return referral_called(actor, spoken)


def suspend(actor: Actor, disclosure_id: UUID, *, until: datetime, written: bool) -> UUID:
    """Keep one disclosure to the police from the client's accounting until a time, because they asked for it.

    ``written``: they asked in writing; what was only said counts for 30 days at most. Raises ``Denied`` for anybody
    but the privacy officer, ``NotFound``, and ``Invalid`` also for a recipient that is no police unit.
    """
    with recording.one_act(actor, "accounting.suspend"):
        require_privacy_officer(actor)
        row = Disclosure.objects.select_related("recipient").filter(pk=disclosure_id, discloser_id=actor.agency_id)
        found = row.first()
        if found is None:
            raise NotFound
        if not found.recipient.sworn:
            raise Invalid([error("value", "disclosure", "must be one to a police unit")])
        now = timezone.now()
        issues = list(clock.suspension("until", until, written=written, now=now))
        if issues:
            raise Invalid(issues)
        made = Suspension(
            disclosure=found,
            agency_id=actor.agency_id,
            membership_id=actor.membership_id,
            written=written,
            recorded_at=now,
            until=until,
        )
        made.save(force_insert=True)
        recording.record(actor, "accounting.suspend", target=chain.target(found.referral_id), code=made.target)
        return made.id


def require_asker(actor: Actor, *, whole: bool = False) -> None:
    """Raise ``Denied`` for who may not ask: who treats asks for a client, a privacy officer for the ``whole``, too."""
    treats = actor.role in ASKERS and actor.may(Capability.FIND_CLIENTS)
    if not is_privacy_officer(actor) and (whole or not treats):
        raise denied(DenyCode.ROLE)


def _ours(actor: Actor, referrals: Iterable[UUID], client: UUID | None) -> list[UUID]:
    """The referrals asked about. Raises ``NotFound`` unless the agency takes part in each, or did."""
    asked = set(referrals)
    places = Participation.objects.filter(agency_id=actor.agency_id)
    known = Q(client_id=client) if client is not None else Q(referral_id__in=asked)
    found = set(places.filter(known).values_list("referral_id", flat=True))
    if not found or not asked <= found:
        raise NotFound
    return sorted(found)


def _span(agency: Agency, since: date | None, until: date | None) -> Span:
    zone, now = ZoneInfo(agency.time_zone), timezone.now()
    if since and until and until < since:
        raise Invalid([error("value", "until", "must not lie before the day it begins")])
    return Span(
        since=datetime.combine(since, time(), zone) if since else None,
        until=datetime.combine(until + timedelta(1), time(), zone) if until else now + timedelta(microseconds=1),
        now=now,
    )


def _zone(actor: Actor) -> ZoneInfo:
    return ZoneInfo(Agency.objects.values_list("time_zone", flat=True).get(pk=actor.agency_id))


def _record(actor: Actor, action: str, ids: Iterable[UUID], *, code: str = "") -> None:
    for referral_id in ids:
        recording.record(
            actor, action, target=chain.target(referral_id), purpose=Purpose.PATIENT_REQUEST.value, code=code
        )


def _by_hand(actor: Actor, row: PaperDisclosure, *, now: datetime) -> Row:
    """What was given out on paper, opened with the privacy officer's own key."""
    content = sealing.open_row(actor, row)
    basis = PAPERS[Paper(row.request.kind)].basis
    return Row(
        id=row.id,
        referral_id=cast(UUID, row.referral_id),  # ``ledger.by_hand`` asks by it
        at=row.at,
        discloser_id=row.agency_id,
        recipient_id=None,
        recipient=content["to"],
        address="",
        mask=row.mask,
        purpose=Purpose.LEGAL.value,
        basis=basis.value if basis else "",
        consent=None,
        consent_version=None,
        notice="",
        manifest=0,
        law=Law.HIPAA,
        kept_until=row.suspended_until if ledger.suspended(row, now=now) else None,
        under=content["under"],
    )


def _named_in(referral_ids: Iterable[UUID]) -> dict[tuple[UUID, int], Terms]:
    """What each consent of these referrals says, by its id and version. Raises ``CannotOpen`` as ``_signed_in``.

    Nobody writes meanwhile: an act between two of its statements would look like a forgery.
    """
    ids = sorted(referral_ids)
    list(Referral.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    return {(terms.consent, terms.version): terms for id_ in ids for terms in _signed_in(id_)}


def _signed_in(referral_id: UUID) -> list[Terms]:
    """The terms of every version of every consent of a referral.

    Raises ``CannotOpen`` unless they are those the chain ever named: those that stand now, and those before, which
    stand in the entry that added their version.
    """
    state = chain.load(referral_id)
    now = consented.lines(consented.load(state))
    before = (line for entry in state.added_by.values() for line in entry.consents)
    try:
        found = [decode(bytes(row.terms)) for row in ConsentTerms.objects.filter(folder_id=referral_id)]
    except ValueError:
        raise Forged("terms of a consent") from None
    signed = {(line.consent_id, line.version, line.digest) for line in (*now, *before)}
    if {(terms.consent, terms.version, digest(terms)) for terms in found} != signed:
        raise Forged("terms of a consent")
    return found


def _by_class(row: Row, named: Mapping[tuple[UUID, int], Terms]) -> bool:
    """Whether a row's recipient is one the client named by class alone."""
    if row.basis != Basis.CONSENT_TPO or row.consent is None or row.consent_version is None:
        return False
    terms = named.get((row.consent, row.consent_version))
    return terms is not None and bool(terms.classes) and row.recipient_id not in terms.agencies


def _shown_to_both(rows: Iterable[Row], items: Mapping[UUID, Iterable[Item]]) -> Callable[[Row], Iterable[Item]]:
    """For a row, those of a referral's items that both its sides may be shown (``keeping``)."""
    ids = {side for row in rows for side in (row.discloser_id, row.recipient_id) if side is not None}
    agencies = {agency.id: agency for agency in Agency.objects.filter(pk__in=ids)}
    said: dict[UUID, consented.Consents] = defaultdict(dict)
    for stored in ConsentTerms.objects.filter(folder_id__in=items).order_by("id"):
        said[stored.folder_id][stored.consent] = decode(bytes(stored.terms))

    def shown(row: Row) -> Iterator[Item]:
        sides = [agencies[side] for side in (row.discloser_id, row.recipient_id) if side is not None]
        consents = said[row.referral_id]
        for item in items.get(row.referral_id, ()):
            author = item.author or row.discloser_id
            if all(keeping.is_shown(side, item.type, item.resource_id, author, consents) for side in sides):
                yield item

    return shown


def _items(referral_ids: Iterable[UUID], *, only: Collection[UUID]) -> dict[UUID, list[Item]]:
    """By referral, every version of every resource that all participants may get; nothing is opened.

    ``only``: written by one of these agencies, unless there are none.
    """
    written = {"agency_id__in": only} if only else {}
    rows = Section.objects.filter(folder_id__in=referral_ids, task=None, **written).values_list(
        "folder_id", "type", "resource_id", "version", "compartment", "epoch", "agency_id"
    )
    found: dict[UUID, list[Item]] = defaultdict(list)
    for folder_id, type_, id_, version, part, epoch, author in rows:
        found[folder_id].append(
            Item(
                type=type_, resource_id=id_, version=version, compartment=Compartment(part), epoch=epoch, author=author
            )
        )
    return found
