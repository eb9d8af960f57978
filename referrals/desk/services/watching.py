"""The job that reads the log for what a privacy officer should look at. However often it runs, an alert is one row."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agencies.kinds import AgencyKind
from agencies.models import Agency, Membership
from agencies.roles import Role
from agencies.vault.purposes import KeyPurpose
from audit import log, signer, witnesses
from audit.models import AuditCheckpoint, AuditEvent, PendingEvent
from audit.uuid7 import moment, uuid7_floor
from audit.verify import verify
from referrals.desk import rules
from referrals.desk.kinds import AlertKind, IncidentKind
from referrals.desk.models import Alert, Incident, Watched
from referrals.desk.rules import Found, Seen
from referrals.legal import sealing
from referrals.models import Participation, Referral
from referrals.services import telling

from . import on_duty

WATCHER = "System/desk"
REFERRAL = "Referral/"
FIRST = timedelta(days=1)
"""How far back the first run reads: what is older is history, and was looked at when it was new or never will be."""
LATE = timedelta(minutes=5)
"""An event is dated when it is written and seen when its transaction ends: so much later at most."""
SETTLED = timedelta(hours=1)
"""So long after an opening it is judged whose work it was: most who open a referral act on it next."""
BEHIND = timedelta(minutes=5)
SERIOUS = frozenset({"fork", "ahead"})
"""What a witness says when our log is not the one it saw (docs/audit.md)."""
NOBODY = UUID(int=0)


def watch(*, at: datetime) -> int:
    """Raise what is new in the log up to ``at``. Returns how many alerts. Safe to run twice and at once."""
    with transaction.atomic():
        Watched.objects.get_or_create(pk=1, defaults={"upto": at - FIRST})
        row = Watched.objects.select_for_update(no_key=True).get(pk=1)
        seen = events(row.upto - SETTLED - rules.WINDOW - LATE, at)
        raised = raise_all([*rules.find(seen, known(seen, at=at)), *_behind(at), *_witnesses(at)])
        row.upto = max(row.upto, at)
        row.save(update_fields=["upto"])
    return raised


def check_log(*, at: datetime) -> int:
    """Verify the whole log; one that is not what was signed is an alert and an incident of each agency, once a week."""
    key = signer.load()
    report = verify(name=key.name, public=key.public)
    if report.first_bad is None:
        return 0
    with transaction.atomic():
        return raise_all(_to_all(f"Log/{report.first_bad.fault}", at, incident=IncidentKind.LOG))


def events(since: datetime, until: datetime) -> list[Seen]:
    """What the rules look at, between two times."""
    wanted = Q(action__in=rules.WATCHED) | Q(outcome=rules.REFUSED, code__in=rules.NOT_YOURS)
    found = AuditEvent.objects.filter(wanted, id__gte=uuid7_floor(since), id__lt=uuid7_floor(until)).order_by("id")
    return [Seen(*row) for row in found.values_list("at", "actor", "agency", "action", "target", "outcome", "code")]


def foreign(seen: Iterable[Seen]) -> rules.Foreign:
    """Which of what was refused is a referral that is there, and in which that agency never took part."""
    tried = {
        (row.agency, row.target)
        for row in seen
        if row.outcome == rules.REFUSED and row.agency and row.target.startswith(REFERRAL)
    }
    ids = {target: UUID(target.removeprefix(REFERRAL)) for _agency, target in tried}
    there = set(Referral.objects.filter(pk__in=ids.values()).values_list("pk", flat=True))
    places = Participation.objects.filter(referral_id__in=there).values_list("agency_id", "referral_id")
    own = {(str(agency), f"{REFERRAL}{referral}") for agency, referral in places}
    return frozenset(each for each in tried - own if ids[each[1]] in there)


def known(seen: Iterable[Seen], *, at: datetime) -> rules.Known:
    """What the rules ask besides the log, of these events and up to ``at``."""
    listed = list(seen)
    return rules.Known(foreign=foreign(listed), duty=on_duty.of(listed, before=at - SETTLED))


def raise_all(found: Iterable[Found]) -> int:
    """Write each that is not there yet, with its event, in the caller's transaction; returns how many."""
    return sum(_raise(each) for each in found)


def _raise(found: Found) -> bool:
    alert, new = Alert.objects.get_or_create(
        agency_id=UUID(found.agency),
        kind=found.kind.value,
        who=found.who,
        key=found.key,
        defaults={"about": found.about, "at": found.at},
    )
    if new:
        target = f"Alert/{alert.id}"
        log.record(action="alert.raise", target=target, actor=WATCHER, agency=found.agency, code=found.kind.value)
        _tell(alert)
        if found.incident is not None:
            _open_incident(alert, found.incident)
    return new


TOLD_AT_ONCE = frozenset({AlertKind.EMERGENCY})
"""What its own act, or whoever reviewed it, tells the privacy officers: they hear of it once."""
OF_THE_NETWORK = frozenset({AlertKind.LOG})
"""What network admins hear of, too: nobody else can mend it."""


def _tell(alert: Alert) -> None:
    """Once, with the row: that there is an alert of this kind, of nobody in particular."""
    kind = AlertKind(alert.kind)
    if kind in TOLD_AT_ONCE:
        return
    roles = [Role.PRIVACY_OFFICER]
    if kind in OF_THE_NETWORK and alert.agency.kind == AgencyKind.OPERATOR.value:
        roles.append(Role.NETWORK_ADMIN)
    for role in roles:
        telling.tell([alert.agency_id], None, f"alert-{kind.value}", at=timezone.now(), role=role)


def _open_incident(alert: Alert, kind: IncidentKind) -> None:
    row = Incident(
        agency_id=alert.agency_id, membership_id=NOBODY, kind=kind.value, discovered_at=alert.raised_at, alert=alert
    )
    sealing.seal_row(row, {"what": ""}, to=[KeyPurpose.LEGAL])
    row.save(force_insert=True)
    log.record(
        action="incident.open",
        target=row.target,
        actor=WATCHER,
        agency=str(alert.agency_id),
        code=kind.value,
        digest=sealing.digest_of(row),
    )


def _behind(at: datetime) -> list[Found]:
    """An event has waited for minutes and nothing was signed meanwhile: nobody vouches for what is written now."""
    signed = AuditCheckpoint.objects.order_by("-size").values_list("at", flat=True).first()
    if signed is not None and signed > at - BEHIND:  # at work; an invented history is written with old times
        return []
    oldest = PendingEvent.objects.order_by("event_id").values_list("event_id", flat=True).first()
    if oldest is None or moment(oldest) > at - BEHIND:
        return []
    return _to_all("Log/behind", at)


def _witnesses(at: datetime) -> list[Found]:
    """A witness that somebody should look at; one that says our log is not what it saw is an incident, too."""
    made: list[Found] = []
    for each in witnesses.standings():
        if each.alarming:
            incident = IncidentKind.LOG if each.trouble in SERIOUS else None
            made += _to_all(f"Witness/{each.name}", at, incident=incident)
    return made


def _to_all(about: str, at: datetime, *, incident: IncidentKind | None = None) -> list[Found]:
    """One for every agency that people work at, once a week as long as it lasts."""
    working = Membership.objects.live(timezone.now()).values_list("agency_id", flat=True)
    agencies = Agency.objects.filter(pk__in=working, connected=True).order_by("slug").values_list("pk", flat=True)
    week = "{}-W{:02}".format(*at.isocalendar()[:2])
    return [
        Found(
            agency=str(agency),
            kind=AlertKind.LOG,
            who=WATCHER,
            about=about,
            at=at,
            key=f"{about}@{week}",
            incident=incident,
        )
        for agency in agencies
    ]
