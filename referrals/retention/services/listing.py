"""What a privacy or records officer is shown: the schedule, the holds, and what is due. Nothing here deletes."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.days import local_day
from agencies.models import Agency
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.models import Referral
from referrals.retention.models import Certificate, Hold, Schedule
from referrals.retention.schedule import DEFAULTS, Mark, Reach, Rule, Scope
from referrals.services import recording
from referrals.services.offices import office_of
from referrals.workflow import gettext_noop as _

from . import exporting, holds
from .gathering import Born, with_secret
from .judging import Verdict, verdicts

ELSEWHERE = _("another agency")
CONFIRM = {Mark.CHOSEN: _("our default"), Mark.FROM_MEMORY: _("our default, from memory: counsel confirms")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One category: how long, from when on, by what authority, and how far its approval has come."""

    category: str
    period: str
    starts: str
    authority: str
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingHold:
    """A hold of the agency's own that nobody lifted."""

    id: UUID
    kind: str
    scope: str
    on: str
    placed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """A referral whose time is over. ``holds`` are ids of the agency's own holds, or ``another agency``.

    ``since`` is empty for a police unit: the day would tell when the client was last in somebody's care.
    """

    referral_id: UUID
    reference: str
    category: str
    since: str
    authority: str
    approved: bool
    export: str
    holds: tuple[str, ...]
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueList:
    """All of it."""

    schedule: tuple[Line, ...]
    holds: tuple[StandingHold, ...]
    due: tuple[DueRow, ...]


def due_list(actor: Actor, *, at: date | None = None, born: Born | None = None) -> DueList:
    """What would be deleted on the day ``at`` (else today), why, and what holds it; one event.

    Where no schedule is approved the default periods say what would be due. Raises ``Denied`` for anybody but the
    agency's privacy officer and records officer, ``Invalid`` for a police unit that asks for a day to come: day by
    day it would learn on which of its closed referrals somebody else still works (R-P2-03).
    """
    with recording.refusals(actor, "retention.list"):
        office_of(actor)
        _require_past(actor, at)
    recording.record(actor, "retention.list")
    return DueList(
        schedule=tuple(_lines(actor.agency_id)),
        holds=tuple(_standing(hold) for hold in holds.standing([actor.agency_id])),
        due=tuple(_rows(actor.agency_id, _moment(at), born or {})),
    )


def _require_past(actor: Actor, at: date | None) -> None:
    agency = Agency.objects.get(pk=actor.agency_id)
    if at and agency.sworn and at > local_day(agency, timezone.now()):
        raise Invalid([error("value", "on", "must be today or a day before, for a police unit")])


def _moment(at: date | None) -> datetime:
    """Noon of that day: the same day all over the country."""
    return datetime.combine(at, time(17), UTC) if at else timezone.now()


def _lines(agency_id: UUID) -> Iterator[Line]:
    standing = Schedule.objects.filter(agency_id=agency_id, replaced_at=None).order_by("id")
    for rule in DEFAULTS:
        rows = [row for row in standing if row.category == rule.category]
        yield from (_line(rule, row) for row in rows or (None,))


def _line(rule: Rule, row: Schedule | None) -> Line:
    return Line(
        category=rule.category.value,
        period=str(row.period if row else rule.period),
        starts=rule.starts,
        authority=row.authority if row else CONFIRM[rule.mark],
        standing=_approval(row) if row else _("not approved") if rule.reach is Reach.REFERRAL else rule.reach.value,
    )


def _approval(row: Schedule) -> str:
    if row.records_by_id and row.privacy_by_id:
        return _("in force")
    return _("waits for the privacy officer") if row.records_by_id else _("waits for the records officer")


def _standing(hold: Hold) -> StandingHold:
    on = {
        Scope.REFERRAL: str(hold.referral_id),
        Scope.CLIENT: str(hold.client_id),
        Scope.AGENCY: "everything",
        Scope.PERIOD: f"{hold.first} to {hold.last}",
    }
    return StandingHold(
        id=hold.id, kind=hold.kind, scope=hold.scope, on=on[Scope(hold.scope)], placed_at=hold.placed_at
    )


def _rows(agency_id: UUID, at: datetime, born: Born) -> Iterator[DueRow]:
    pairs = list(verdicts([agency_id], at=at, born=born, by_default=True))
    ids = [referral.pk for _verdict, referral in pairs]
    there = with_secret(ids)
    needing, made = exporting.exports_of(agency_id, ids)
    ordered = set(Certificate.objects.filter(folder_id__in=ids).values_list("folder_id", flat=True))
    for verdict, referral in pairs:
        standing = "due" if referral.pk in there else "unfinished" if referral.pk in ordered else "gone"
        yield _row(verdict, referral, standing, _export(referral.pk, needing, made))


def _row(verdict: Verdict, referral: Referral, standing: str, export: str) -> DueRow:
    if verdict.due is None:
        raise ValueError("Only what is due has a row.")
    return DueRow(
        referral_id=referral.pk,
        reference=referral.reference,
        category=verdict.due.category.value,
        since="" if referral.origin.sworn else verdict.due.on.isoformat(),
        authority=verdict.line.authority if verdict.line else "",
        approved=verdict.approved,
        export=export,
        holds=tuple(
            dict.fromkeys(str(hold.id) if hold.agency_id == referral.origin_id else ELSEWHERE for hold in verdict.holds)
        ),
        standing=standing,
    )


def _export(referral_id: UUID, needing: Collection[UUID], made: Collection[UUID]) -> str:
    if referral_id not in needing:
        return _("nothing to export")
    return _("made") if referral_id in made else _("missing")
