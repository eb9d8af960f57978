"""What waits to go out, over the whole network: for whoever looks after the server. It names no client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, QuerySet

from agencies.actor import Actor
from agencies.roles import Role
from audit import log
from fhir.content.issues import error
from referrals.errors import Invalid, NotFound
from referrals.models import Notice
from referrals.notices.kinds import SENT_OUT, Channel, Status
from referrals.notices.models import Delivery

from . import letters

STUCK = timedelta(minutes=10)
"""What is due for longer than that is stuck: no worker runs, or it cannot keep up."""
SHELL = "System/cli"
ADDRESSING = "addressing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How one queue stands: what waits, since when the oldest has been due, how much is stuck, how much is dead."""

    name: str
    waiting: int
    due: int
    oldest: datetime | None
    stuck: int
    dead: int


def may_see(actor: Actor) -> bool:
    """Whether this is somebody who runs the network."""
    return actor.role is Role.NETWORK_ADMIN


def queues(*, at: datetime) -> list[Queue]:
    """Every queue: notices whose recipients nobody has found out yet, then each channel."""
    fresh = Notice.objects.filter(addressed_at=None)
    dead = dict(_dead().values_list("channel").annotate(n=Count("pk")).values_list("channel", "n"))
    nobody = dead.get(Channel.PAGE.value, 0)
    return [
        _queue(ADDRESSING, fresh, "created_at", dead=nobody, at=at),
        *(_queue(each, _waiting(each), "due_at", dead=dead.get(each.value, 0), at=at) for each in SENT_OUT),
    ]


def _queue(name: str, rows: QuerySet[Notice] | QuerySet[Delivery], since: str, *, dead: int, at: datetime) -> Queue:
    due = rows.filter(**{f"{since}__lte": at})
    return Queue(
        name=str(name),
        waiting=rows.count(),
        due=due.count(),
        oldest=due.aggregate(oldest=Min(since))["oldest"],
        stuck=rows.filter(**{f"{since}__lt": at - STUCK}).count(),
        dead=dead,
    )


def _waiting(channel: Channel) -> QuerySet[Delivery]:
    return Delivery.objects.filter(channel=channel.value, status=Status.WAITING.value)


def _dead() -> QuerySet[Delivery]:
    return Delivery.objects.filter(status=Status.DEAD.value)


def listed(*, most: int = 100) -> list[Delivery]:
    """What reached nobody, then what waits, the oldest first."""
    rows = Delivery.objects.filter(status__in=(Status.DEAD.value, Status.WAITING.value))
    return list(rows.select_related("agency").order_by("status", "due_at", "id")[:most])


def retry(delivery_id: UUID, *, at: datetime) -> None:
    """Send again what reached nobody, or what waits, now. Raises ``NotFound``."""
    with _one(delivery_id, "notice.resend") as row:
        if row.status == Status.DEAD.value:
            letters.again(row, at=at)
        else:
            Delivery.objects.filter(pk=row.pk).update(due_at=at)


def drop(delivery_id: UUID, *, reason: str, at: datetime) -> None:
    """Let be what reached nobody, or what waits. Raises ``NotFound``; ``Invalid`` for no reason of ``letters``."""
    if reason not in letters.REASONS:
        raise Invalid([error("value", "reason", f"must be one of: {', '.join(letters.REASONS)}")])
    with _one(delivery_id, "notice.drop", code=reason) as row:
        letters.drop(row, at=at)


@contextmanager
def _one(delivery_id: UUID, action: str, *, code: str = "") -> Iterator[Delivery]:
    """One delivery that is not sent, locked, in a transaction that records what the shell does to it."""
    open_ones = (Status.DEAD.value, Status.WAITING.value)
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(no_key=True).filter(pk=delivery_id, status__in=open_ones)
        row = rows.first()
        if row is None:
            raise NotFound
        yield row
        target, agency = f"Delivery/{delivery_id}", str(row.agency_id)
        log.record(action=action, target=target, actor=SHELL, agency=agency, code=code)
