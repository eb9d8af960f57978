"""The register of incidents (R-BR-01): opened, assessed by four factors, each duty done in its time, then closed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.vault.purposes import KeyPurpose
from audit.uuid7 import uuid7
from fhir.content.issues import Issue, error
from referrals.desk.kinds import IncidentKind, IncidentState
from referrals.desk.models import Assessment, DutyDone, Incident
from referrals.desk.timers import BY_NAME, Facts, Timer, timers
from referrals.errors import IllegalStep, Invalid, NotFound
from referrals.legal import clock, sealing
from referrals.legal.recording import done, one_act, refusals
from referrals.services.offices import require_privacy_officer
from referrals.workflow import gettext_noop as _

from . import once

LONGEST = 4000
FACTORS: Mapping[str, str] = {
    "nature": _("What was in it, and whom it names"),
    "person": _("Who got it, or may have"),
    "seen": _("Whether it was really seen or taken"),
    "mitigated": _("What was done to limit the harm"),
}
"""The four factors of 45 CFR 164.402(2): all are written down before anybody says that it was not a breach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimer:
    """One timer of one incident; ``done_at`` is ``None`` while nobody was told."""

    timer: Timer
    done_at: datetime | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownIncident:
    """One incident without its words. ``due`` is its earliest timer that is not done, ``None`` when all are."""

    row: Incident
    timers: tuple[DueTimer, ...]

    @property
    def due(self) -> DueTimer | None:
        """What must be done next."""
        return next((each for each in self.timers if each.done_at is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """One incident, opened: what happened, and the factors of its newest assessment."""

    shown: ShownIncident
    what: str
    factors: Mapping[str, str]


def open_incident(
    actor: Actor,
    *,
    kind: IncidentKind,
    discovered_at: datetime,
    what: str,
    affected: int | None = None,
    criminal_justice: bool = False,
    delayed_until: datetime | None = None,
    key: UUID | None = None,
) -> Incident:
    """Write an incident down; the same ``key``, which becomes its id, writes it once.

    Raises ``Denied`` for anybody but a privacy officer, ``Invalid`` naming the field.
    """
    with one_act(actor, "incident.open"):
        require_privacy_officer(actor)
        again = Incident.objects.visible_to(actor).filter(pk=key).first() if key else None
        if again is not None:
            return again
        now = timezone.now()
        _require(
            *clock.past("discovered_at", discovered_at, now=now),
            *_delay(delayed_until, discovered_at),
            *_said(what=what),
        )
        row = Incident(
            id=key or uuid7(),
            agency_id=actor.agency_id,
            membership_id=actor.membership_id,
            kind=kind.value,
            discovered_at=discovered_at,
            affected=affected,
            criminal_justice=criminal_justice,
            delayed_until=delayed_until,
        )
        sealing.seal_row(row, {"what": what.strip()}, to=[KeyPurpose.LEGAL])
        kept = once.save(actor, row)
        if kept is not row:
            return kept
        done(actor, "incident.open", target=row.target, code=kind.value, digest=sealing.digest_of(row))
    return row


def register(actor: Actor) -> list[ShownIncident]:
    """The agency's incidents: those with something due first, the earliest first, then the closed. One event."""
    with one_act(actor, "incident.list"):
        require_privacy_officer(actor)
        done(actor, "incident.list")
        return all_shown(Incident.objects.visible_to(actor))


def all_shown(found: QuerySet[Incident]) -> list[ShownIncident]:
    """These incidents without their words, in the order of the register; whoever asks has gated and recorded."""
    rows = list(found.select_related("agency").order_by("-discovered_at", "-id"))
    by_row: dict[UUID, dict[str, datetime]] = {row.id: {} for row in rows}
    for each in DutyDone.objects.filter(incident__in=rows).order_by("at"):
        by_row[each.incident_id][each.duty] = each.at
    return sorted((_shown(row, by_row[row.id]) for row in rows), key=_order)


def read(actor: Actor, incident_id: UUID) -> OpenIncident:
    """One incident with its words. Raises ``Denied``, ``NotFound``, ``Unsealable``; one event."""
    with refusals(actor, "incident.read", target=_target(incident_id)):
        with transaction.atomic():
            row = _mine(actor, incident_id)
            done(actor, "incident.read", target=row.target)
        newest = row.assessments.order_by("-id").first() if row.assessed_as else None
        content = sealing.open_row(actor, row)
        factors = sealing.open_row(actor, newest) if newest else {}
    told = dict(row.done.values_list("duty", "at"))
    return OpenIncident(shown=_shown(row, told), what=content["what"], factors=factors)


def assess(actor: Actor, incident_id: UUID, *, breach: bool, factors: Mapping[str, str]) -> None:
    """Say what it came to. Raises ``Denied``, ``NotFound``, ``IllegalStep``; ``Invalid`` for a factor left out."""
    with one_act(actor, "incident.assess", target=_target(incident_id)):
        row = _locked(actor, incident_id, step="assess")
        _require(*_said(**{name: factors.get(name, "") for name in FACTORS}))
        made = Assessment(agency_id=actor.agency_id, membership_id=actor.membership_id, incident=row, breach=breach)
        sealing.seal_row(made, {name: factors[name].strip() for name in FACTORS}, to=[KeyPurpose.LEGAL])
        made.save(force_insert=True)
        row.state = row.assessed_as = (IncidentState.BREACH if breach else IncidentState.NO_BREACH).value
        row.save(update_fields=["state", "assessed_as"])
        done(actor, "incident.assess", target=made.target, digest=sealing.digest_of(made))
        done(actor, "incident.assess", target=row.target, code=row.state)


def tell(actor: Actor, incident_id: UUID, duty: str, *, at: datetime) -> None:
    """Write down that a duty was done. Raises ``Denied``, ``NotFound``, ``Invalid``; ``IllegalStep`` twice."""
    with one_act(actor, "incident.tell", target=_target(incident_id)):
        row = _locked(actor, incident_id, step="tell")
        applying = {each.duty.name for each in timers(facts_of(row), breach=_breach(row))}
        _require(
            *clock.past("at", at, now=timezone.now()),
            *([] if duty in applying else [error("value", "duty", "must be one of this incident's.")]),
        )
        if row.done.filter(duty=duty).exists():
            raise IllegalStep(name="tell", state="told", allowed=(), what="it")
        DutyDone(incident=row, duty=duty, at=at, membership_id=actor.membership_id).save(force_insert=True)
        done(actor, "incident.tell", target=row.target, code=duty)


def close(actor: Actor, incident_id: UUID) -> None:
    """Nothing more is to be done. Raises ``Denied``, ``NotFound``; ``IllegalStep`` for one not assessed, ``Invalid``
    naming each duty that nobody did: what must be told is told first.
    """
    with one_act(actor, "incident.close", target=_target(incident_id)):
        row = _locked(actor, incident_id, step="close")
        told = set(row.done.values_list("duty", flat=True))
        open_still = [each.duty for each in timers(facts_of(row), breach=_breach(row)) if each.duty.name not in told]
        _require(*(error("required", duty.name, duty.words) for duty in open_still))
        row.state, row.closed_at = IncidentState.CLOSED.value, timezone.now()
        row.save(update_fields=["state", "closed_at"])
        done(actor, "incident.close", target=row.target, code=row.assessed_as)


STEPS = {
    IncidentState.OPEN: ("assess", "tell"),
    IncidentState.BREACH: ("assess", "tell", "close"),
    IncidentState.NO_BREACH: ("assess", "tell", "close"),
    IncidentState.CLOSED: (),
}
"""What may be done to an incident, by how it stands."""


def facts_of(row: Incident) -> Facts:
    """What the deadlines of an incident hang on."""
    return Facts(
        discovered_at=row.discovered_at,
        zone=ZoneInfo(row.agency.time_zone),
        state=row.agency.state,
        affected=row.affected,
        criminal_justice=row.criminal_justice,
        delayed_until=row.delayed_until,
    )


def _shown(row: Incident, told: Mapping[str, datetime]) -> ShownIncident:
    now = timezone.now()
    found = [
        DueTimer(timer=each, done_at=told.get(each.duty.name), late=each.due < now and each.duty.name not in told)
        for each in timers(facts_of(row), breach=_breach(row))
    ]
    known = {each.timer.duty.name for each in found}
    found += [
        DueTimer(timer=Timer(duty=BY_NAME[name], due=at), done_at=at, late=False)
        for name, at in told.items()
        if name not in known
    ]
    return ShownIncident(row=row, timers=tuple(found))


def _order(shown: ShownIncident) -> tuple[bool, float]:
    closed = shown.row.state == IncidentState.CLOSED
    due = shown.due
    return closed, -shown.row.discovered_at.timestamp() if closed or due is None else due.timer.due.timestamp()


def _breach(row: Incident) -> bool | None:
    return None if not row.assessed_as else row.assessed_as == IncidentState.BREACH


def _target(incident_id: UUID) -> str:
    return f"Incident/{incident_id}"


def _mine(actor: Actor, incident_id: UUID) -> Incident:
    require_privacy_officer(actor)
    row = Incident.objects.visible_to(actor).select_related("agency").filter(pk=incident_id).first()
    if row is None:
        raise NotFound
    return row


def _locked(actor: Actor, incident_id: UUID, *, step: str) -> Incident:
    require_privacy_officer(actor)
    rows = Incident.objects.visible_to(actor).select_related("agency")
    row = rows.select_for_update(no_key=True, of=("self",)).filter(pk=incident_id).first()
    if row is None:
        raise NotFound
    state = IncidentState(row.state)
    if step not in STEPS[state]:
        raise IllegalStep(name=step, state=state.value, allowed=STEPS[state], what="the incident")
    return row


def _require(*issues: Issue) -> None:
    if issues:
        raise Invalid(issues)


def _delay(until: datetime | None, discovered_at: datetime) -> Iterator[Issue]:
    """What is wrong with a wish to wait: it ends after it could begin."""
    if until is not None and until <= discovered_at:
        yield error("value", "delayed_until", "must be later than the discovery.")
    else:
        yield from clock.due("delayed_until", until, received_at=discovered_at)


def _said(**texts: str) -> Iterator[Issue]:
    for name, text in texts.items():
        if not 0 < len(text.strip()) <= LONGEST:
            yield error("value", name, f"must be text of at most {LONGEST} characters, and not empty.")
