"""Entering a coverage, confirming it, ending it; and to whom something sent now goes.

The covered agency's administrator enters, the covering one's confirms, either ends it at once. What is refused is
recorded after the rollback.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from agencies import agreements, inviting
from agencies.actor import Actor
from agencies.days import local_day
from agencies.errors import AgencyError, CannotCover, NotAllowed
from agencies.hours import ALL_DAYS
from agencies.models import Agency, Agreement, AgreementParty
from audit import log

from .covering import Clash, Cover, clash, covering
from .models import Coverage

CLASHES: Mapping[Clash, str] = {
    Clash.TWICE: gettext_noop("%(covered)s is covered by %(covering)s then already. End that first."),
    Clash.CHAIN: gettext_noop(
        "%(covered)s is covered by %(covering)s then, and what is handed to it is not handed on. "
        "Choose other hours, or ask %(covering)s."
    ),
    Clash.HANDED_ON: gettext_noop(
        "%(covering)s covers %(covered)s then, and who covers another is not covered itself. Choose other hours."
    ),
    Clash.LOOP: gettext_noop(
        "%(covering)s covers %(covered)s then: each would hand it to the other. Choose other hours."
    ),
}
"""What is said of the coverage that stands in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where what is put to ``covered`` goes now: to ``covering`` until ``until``, on which agreement."""

    coverage_id: UUID
    covered: Agency
    covering: Agency
    until: datetime
    agreement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When it is covered: weekdays as bits from Monday on, from when until when, from which day until which."""

    days: int
    begins: time
    ends: time
    since: date
    until: date | None = None


def may_manage(actor: Actor) -> bool:
    """Whether the actor says by whom its agency is covered: its administrator."""
    return inviting.may_manage(actor)


def enter(actor: Actor, *, covering_id: UUID, agreement_id: UUID, hours: Hours) -> Coverage:
    """Say that another agency covers the actor's; nothing goes there before it confirms.

    Raises ``NotAllowed``, ``CannotCover`` naming what stands in the way, ``ValidationError`` naming the field.
    """
    with _recorded(actor, "coverage.enter"):
        _manage(actor)
        agencies = _locked(actor.agency_id, covering_id)
        mine, other = agencies.get(actor.agency_id), agencies.get(covering_id)
        if mine is None or other is None or mine == other or not (other.is_active and other.connected):
            raise ValidationError({"covering": _("Choose another agency that is on this network.")})
        _require_days(mine, hours)
        row = Coverage(
            covered=mine,
            covering=other,
            agreement=_agreement(mine, other, agreement_id),
            time_zone=mine.time_zone,
            days=hours.days,
            begins=hours.begins,
            ends=hours.ends,
            since=hours.since,
            until=hours.until,
            entered_by_id=actor.membership_id,
        )
        _require_no_clash(row)
        row.save(force_insert=True)
        _record(actor, "coverage.enter", row)
    return row


def confirm(actor: Actor, coverage_id: UUID) -> None:
    """Take it on, for the agency that is to cover. Raises ``NotAllowed``, ``CannotCover``."""
    with _recorded(actor, "coverage.confirm", coverage_id):
        _manage(actor)
        row = _of(actor).filter(pk=coverage_id, covering_id=actor.agency_id).first()
        if row is None or row.ended_at is not None or row.confirmed_at is not None:
            raise CannotCover(_("This does not wait for your agency to confirm it."))
        _locked(row.covered_id, row.covering_id)
        _agreement(row.covered, row.covering, row.agreement_id)
        _require_no_clash(row)
        said = {"confirmed_by_id": actor.membership_id, "confirmed_at": timezone.now()}
        if not Coverage.objects.filter(pk=row.pk, ended_at=None, confirmed_at=None).update(**said):
            raise CannotCover(_("This does not wait for your agency to confirm it."))
        _record(actor, "coverage.confirm", row)


def end(actor: Actor, coverage_id: UUID) -> None:
    """End it at once, as one of the two. Raises ``NotAllowed``, and ``CannotCover`` for one that is over."""
    with _recorded(actor, "coverage.end", coverage_id):
        _manage(actor)
        row = _of(actor).filter(pk=coverage_id).first()
        said = {"ended_by_id": actor.membership_id, "ended_at": timezone.now()}
        if row is None or not Coverage.objects.filter(pk=row.pk, ended_at=None).update(**said):
            raise CannotCover(_("This coverage is over, or not one of your agency."))
        _record(actor, "coverage.end", row)


def listed(actor: Actor) -> list[Coverage]:
    """What is entered and not over, of the actor's agency as either side, the first entered first.

    Raises ``NotAllowed``, recorded.
    """
    with _refusals(actor, "coverage.list"):
        _manage(actor)
    return list(_of(actor).filter(ended_at=None).order_by("id"))


@dataclass(frozen=True, slots=True)
class Choice:
    """An agency that may cover, and an agreement that it and the covered one are parties to."""

    covering: Agency
    agreement: Agreement


def choices(agency: Agency) -> list[Choice]:
    """Who may cover ``agency``, on which agreement, by name."""
    today = local_day(agency, timezone.now())
    papers = agreements.shared(ids=[agency.id], on=today)
    parties = AgreementParty.objects.filter(Q(left_on=None) | Q(left_on__gt=today), joined_on__lte=today)
    others = parties.filter(agreement__in=papers, agency__is_active=True, agency__connected=True)
    rows = others.exclude(agency=agency).select_related("agency", "agreement")
    return [Choice(row.agency, row.agreement) for row in rows.order_by("agency__name", "agreement__title", "id")]


def routes(ids: Collection[UUID], *, at: datetime) -> Mapping[UUID, Route]:
    """For those of these agencies that are covered at ``at``: who takes what is sent to them; the others are missing.

    Nobody is routed to who is not there: an agency switched off, off the network, or out of the agreement.
    """
    if not ids:
        return {}
    rows = _confirmed(ids)
    covers = [cover_of(row) for row in rows.values()]
    found = {agency_id: covering(covers, agency_id, at=at) for agency_id in ids}
    made = {agency_id: _route(rows[each[0].id], each[1], at) for agency_id, each in found.items() if each}
    return {agency_id: route for agency_id, route in made.items() if route is not None}


def _confirmed(ids: Collection[UUID]) -> dict[UUID, Coverage]:
    """What covers these agencies at any hour, and what covers those that do; one query."""
    live = Coverage.objects.filter(ended_at=None, confirmed_at__isnull=False)
    near = live.filter(Q(covered_id__in=ids) | Q(covered__in=live.filter(covered_id__in=ids).values("covering")))
    return {row.pk: row for row in near.select_related("covered", "covering", "agreement")}


def _route(row: Coverage, until: datetime, at: datetime) -> Route | None:
    if not (row.covering.is_active and row.covering.connected):
        return None
    today = at.astimezone(ZoneInfo(row.time_zone)).date()
    if row.agreement not in agreements.shared(ids=[row.covered_id, row.covering_id], on=today):
        return None
    return Route(
        coverage_id=row.pk, covered=row.covered, covering=row.covering, until=until, agreement=row.agreement.title
    )


def cover_of(row: Coverage) -> Cover:
    """A row as the pure rules take it."""
    return Cover(
        id=row.pk,
        covered=row.covered_id,
        covering=row.covering_id,
        zone=row.time_zone,
        days=row.days,
        begins=row.begins,
        ends=row.ends,
        since=row.since,
        until=row.until,
    )


def _agreement(mine: Agency, other: Agency, agreement_id: UUID) -> Agreement:
    """The agreement it rests on. Raises ``ValidationError`` unless it is in force between both today."""
    papers = agreements.shared(ids=[mine.pk, other.pk], on=local_day(mine, timezone.now()))
    for paper in papers:
        if paper.pk == agreement_id:
            return paper
    allowed = ", ".join(paper.title for paper in papers) or _("none")
    said = {"allowed": allowed}
    raise ValidationError({"agreement": _("Choose an agreement in force between the two: %(allowed)s.") % said})


def _require_days(mine: Agency, hours: Hours) -> None:
    if not 0 < hours.days <= ALL_DAYS:
        raise ValidationError({"days": _("Choose at least one day.")})
    if hours.until is not None and hours.until < hours.since:
        raise ValidationError({"until": _("Must not be before the first day.")})
    if hours.until is not None and hours.until < local_day(mine, timezone.now()):
        raise ValidationError({"until": _("This day has passed.")})


def _require_no_clash(row: Coverage) -> None:
    """Raise ``CannotCover`` for what would be handed on, or loop, or go two ways.

    Only what was confirmed counts: else anybody could keep an agency from being covered by entering that it covers.
    """
    sides = {row.covered_id, row.covering_id}
    near = Coverage.objects.filter(Q(covered_id__in=sides) | Q(covering_id__in=sides), ended_at=None)
    near = near.filter(confirmed_at__isnull=False)
    rows = {each.pk: each for each in near.select_related("covered", "covering")}
    found = clash(cover_of(row), map(cover_of, rows.values()))
    if found is not None:
        kind, other = found
        names = {"covered": rows[other.id].covered.name, "covering": rows[other.id].covering.name}
        raise CannotCover(_(CLASHES[kind]) % names)


def _locked(*ids: UUID) -> dict[UUID, Agency]:
    """Both agencies, locked: two that would make a chain share one, so that the second sees what the first did."""
    rows = Agency.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _of(actor: Actor) -> "QuerySet[Coverage]":
    """The coverages the actor's agency is a side of: another's and none are one answer."""
    mine = Q(covered_id=actor.agency_id) | Q(covering_id=actor.agency_id)
    return Coverage.objects.filter(mine).select_related("covered", "covering", "agreement")


def _manage(actor: Actor) -> None:
    if not may_manage(actor):
        raise NotAllowed(_("Only an administrator of the agency may do this."))


@contextmanager
def _recorded(actor: Actor, action: str, coverage_id: UUID | None = None) -> Iterator[None]:
    """One transaction; what refuses it is recorded after the rollback."""
    with _refusals(actor, action, coverage_id), transaction.atomic():
        yield


@contextmanager
def _refusals(actor: Actor, action: str, coverage_id: UUID | None = None) -> Iterator[None]:
    """What refuses it is recorded."""
    try:
        yield
    except (AgencyError, ValidationError) as refusal:
        log.record(
            action=action,
            target=f"Coverage/{coverage_id}" if coverage_id else f"Agency/{actor.agency_id}",
            actor=actor.name,
            agency=str(actor.agency_id),
            outcome=log.Outcome.REFUSED,
            code=getattr(refusal, "code", "") if isinstance(refusal, AgencyError) else "INVALID",
        )
        raise


def _record(actor: Actor, action: str, row: Coverage) -> None:
    other = row.covering_id if row.covered_id == actor.agency_id else row.covered_id
    log.record(
        action=action,
        target=f"Coverage/{row.pk}",
        actor=actor.name,
        agency=str(actor.agency_id),
        code=f"Agency/{other}",
    )
