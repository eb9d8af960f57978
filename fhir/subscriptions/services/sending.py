"""Telling subscribers: what is due is claimed under a lease, sent, noted, in the order in which it happened.

One subscription has one notification on its way, so none overtakes another. Between claiming and noting nothing is
locked; whoever dies there leaves the lease to run out, and the same events go again under the same numbers.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from types import MappingProxyType
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from agencies.actor import Actor
from audit import log as audit_log
from fhir.content import exact
from fhir.subscriptions import bundles, endpoints, standing
from fhir.subscriptions.bundles import Event
from fhir.subscriptions.endpoints import NotTaken
from fhir.subscriptions.kinds import TOPICS, Problem, Sent, Status
from fhir.subscriptions.models import Subscription, SubscriptionEvent
from referrals.notices.timing import FAULTS, GIVES_UP, next_try
from referrals.services import recording

from . import counting

log = structlog.stdlib.get_logger("subscriptions")
BATCH = 10
LEASE = timedelta(minutes=3)
"""Longer than a batch takes whose every endpoint is waited for until its time is out."""
LONGEST_RUN = 40.0
HANDSHAKES = 3
"""So often is a handshake tried before the client must ask again."""
LIVE = (Status.REQUESTED.value, Status.ACTIVE.value)
JOB = "System/fhir.subscriptions.send"
NAMES: Mapping[Sent, str] = MappingProxyType(
    {
        Sent.HANDSHAKE: "subscription.handshake",
        Sent.HEARTBEAT: "subscription.heartbeat",
        Sent.EVENTS: "subscription.notify",
    }
)
STOPPED = "subscription.stop"

_RUNNING = Lock()


def send_due() -> int:
    """Send what is due until nothing is or the time is out. Returns how many were tried; one run at a time here."""
    if not _RUNNING.acquire(blocking=False):
        return 0
    try:
        return _run()
    finally:
        _RUNNING.release()


def _run() -> int:
    began, tried = time.monotonic(), 0
    while time.monotonic() - began < LONGEST_RUN:
        batch = claim(at=timezone.now())
        if not batch:
            break
        for row in batch:
            attempt(row)
        tried += len(batch)
    return tried


def claim(*, at: datetime) -> list[Subscription]:
    """Take what is due and nobody has."""
    mark = uuid4()
    with transaction.atomic():
        rows = list(_due(at).select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
        for row in rows:
            row.lease, row.leased_until, row.claimed_at = mark, at + LEASE, at
            row.save(update_fields=["lease", "leased_until", "claimed_at"])
    return rows


def _due(at: datetime) -> QuerySet[Subscription]:
    """What has its time, and what is well and has something to tell. Those that fail come last, and hold nobody up;
    nor does who answers slowly and has much to be told: whoever was served longest ago is next.
    """
    new = SubscriptionEvent.objects.filter(counting.uncounted(at=at), subscription=OuterRef("pk"))
    something = Q(Exists(new)) | Q(counted__gt=F("told"))
    due = Q(due_at__lte=at) | Q(ends_at__lte=at) | (Q(status=Status.ACTIVE.value, failing_since=None) & something)
    rows = Subscription.objects.filter(due, deleted_at=None, status__in=LIVE)
    free = rows.filter(Q(leased_until=None) | Q(leased_until__lte=at))
    return free.order_by(F("failing_since").asc(nulls_first=True), F("claimed_at").asc(nulls_first=True), "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One notification ready to go: of what kind, up to which number, where to and what."""

    kind: Sent
    upto: int
    url: str
    headers: list[tuple[str, str]]
    body: bytes


def attempt(claimed: Subscription) -> None:
    """Send one subscription what is due, and note how it went. Whatever goes wrong, the others go on."""
    try:
        parcel = _packed(claimed)
        if parcel is not None:
            endpoints.post(parcel.url, parcel.headers, parcel.body)
    except NotTaken as refused:
        _failed(claimed, refused.problem, lasting=refused.lasting)
    except Exception:
        log.exception("subscription not told", subscription=str(claimed.pk))
        _failed(claimed, Problem.FAULT)
    else:
        _noted(claimed, parcel)


def _packed(claimed: Subscription) -> Parcel | None:
    """What is to be sent now; ``None`` for nothing. Permission is asked and what is told recorded before it goes.

    Raises ``NotTaken`` for a client that may not be told, and for a subscription whose end has come.
    """
    at = timezone.now()
    with transaction.atomic():
        row = _held(claimed)
        if row is None:
            return None
        actor = _actor(row, at)
        counting.count_new(row, actor)
        kind, events = _next(row, actor)
        if kind is None:
            return None
        recording.record(actor, NAMES[kind], target=f"Subscription/{row.pk}", code=counting.numbers(events))
    return Parcel(
        kind=kind,
        upto=events[-1].number if events else row.told,
        url=row.endpoint,
        headers=endpoints.unseal(bytes(row.sealed_headers), subscription_id=row.pk),
        body=bundle_of(kind, row, events, at=at),
    )


def bundle_of(kind: Sent, row: Subscription, events: list[Event], *, at: datetime) -> bytes:
    """A notification as it goes over the wire."""
    standing_ = counting.standing(row)
    return exact.dump(bundles.notification(kind, standing_, events, base=counting.base(), id_=uuid4(), at=at))


def _actor(row: Subscription, at: datetime) -> Actor:
    if row.ends_at is not None and row.ends_at <= at:
        raise NotTaken(Problem.ENDED, lasting=True)
    actor = standing.allowed(row.membership_id, TOPICS[row.topic].type)
    if actor is None:
        raise NotTaken(Problem.NOT_ALLOWED, lasting=True)
    return actor


def _next(row: Subscription, actor: Actor) -> tuple[Sent | None, list[Event]]:
    """What kind of notification is next, with its events."""
    if row.status == Status.REQUESTED:
        return Sent.HANDSHAKE, []
    waiting = row.events.filter(number__gt=row.told, number__lte=row.told + row.most)
    events = counting.told(waiting, actor)
    if events:
        return Sent.EVENTS, events
    beats = row.heartbeat is not None and row.due_at is not None and row.due_at <= timezone.now()
    return (Sent.HEARTBEAT if beats else None), []


def _held(claimed: Subscription) -> Subscription | None:
    """The subscription, locked; ``None`` if the lease was over and another has it, or its client changed it since."""
    rows = Subscription.objects.select_for_update(no_key=True).filter(pk=claimed.pk, lease=claimed.lease)
    return rows.filter(version=claimed.version).first()


def _noted(claimed: Subscription, parcel: Parcel | None) -> None:
    at = timezone.now()
    with transaction.atomic():
        row = _held(claimed)
        if row is None:
            return
        if parcel is not None:
            row.told = parcel.upto
            row.tries, row.failing_since, row.problem = 0, None, ""
            if parcel.kind is Sent.HANDSHAKE:
                _turn(row, Status.ACTIVE, at=at)
        row.due_at = _next_beat(row, at) if parcel is not None or row.due_at is None or row.due_at <= at else row.due_at
        row.told = max(row.told, _swept(row))
        row.lease = row.leased_until = None
        row.save()


def _next_beat(row: Subscription, at: datetime) -> datetime | None:
    """When to beat if nothing else is told before; what there is to tell is found without a time."""
    return at + timedelta(seconds=row.heartbeat) if row.heartbeat and row.status == Status.ACTIVE else None


def _swept(row: Subscription) -> int:
    """Up to which number there is nothing left to tell: events older than a month are gone."""
    oldest = row.events.filter(number__gt=row.told).order_by("number").values_list("number", flat=True).first()
    return row.counted if oldest is None else oldest - 1


def _failed(claimed: Subscription, problem: Problem, *, lasting: bool = False) -> None:
    """Try again later, or, where that is no use or the time is out, wait for the client to ask again."""
    at = timezone.now()
    with transaction.atomic():
        row = _held(claimed)
        if row is None:
            return
        row.tries += 1
        row.failing_since = row.failing_since or at
        again = next_try(at, tries=row.tries, urgent=True)
        if lasting or RUN_OUT[Status(row.status)](row, problem, again):
            _stop(row, problem, at=at)
        else:
            row.due_at = again
        row.lease = row.leased_until = None
        row.save()


def _tried_enough(row: Subscription, _problem: Problem, _again: datetime) -> bool:
    return row.tries >= HANDSHAKES


def _too_long(row: Subscription, problem: Problem, again: datetime) -> bool:
    worn_out = problem is Problem.FAULT and row.tries >= FAULTS
    return worn_out or (row.failing_since is not None and again > row.failing_since + GIVES_UP)


RUN_OUT: Mapping[Status, Callable[[Subscription, Problem, datetime], bool]] = MappingProxyType(
    {Status.REQUESTED: _tried_enough, Status.ACTIVE: _too_long}
)
"""When no more is tried: of a handshake after a few times, of events after 72 hours, as with every message."""


def _stop(row: Subscription, problem: Problem, *, at: datetime) -> None:
    """End it as far as the server can. It goes on counting what happens, unless its own end has come."""
    _turn(row, Status.OFF if problem is Problem.ENDED else Status.ERROR, at=at)
    row.problem, row.due_at = problem.value, None
    target = f"Subscription/{row.pk}"
    audit_log.record(action=STOPPED, target=target, actor=JOB, agency=str(row.agency_id), code=problem.value)


def _turn(row: Subscription, status: Status, *, at: datetime) -> None:
    row.status, row.changed_at, row.version = status.value, at, row.version + 1


def switch_off_forgotten(*, now: datetime) -> int:
    """Let go of what has waited for its client for a month: nothing more is kept for it. Returns how many."""
    waited = Subscription.objects.filter(status=Status.ERROR.value, changed_at__lt=now - counting.KEPT)
    ids: list[UUID] = list(waited.values_list("pk", flat=True))
    return Subscription.objects.filter(pk__in=ids, status=Status.ERROR.value).update(
        status=Status.OFF.value, changed_at=now, version=F("version") + 1
    )
