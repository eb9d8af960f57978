"""What waits to go out, over the whole network: for whoever looks after the server. It names no client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q

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
OPEN = (Status.DEAD.value, Status.WAITING.value)


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
    """Every queue: notices whose recipients nobody has found out yet, then each channel. Two queries."""
    fresh = Notice.objects.filter(addressed_at=None).aggregate(**_counts("created_at", at, Q()))
    waits, dead = Q(status=Status.WAITING.value), Count("pk", filter=Q(status=Status.DEAD.value))
    open_ones = Delivery.objects.filter(status__in=OPEN).values("channel")
    rows = {row["channel"]: row for row in open_ones.annotate(dead=dead, **_counts("due_at", at, waits))}
    nobody = rows.get(Channel.PAGE.value, NOTHING)["dead"]
    return [
        _queue(ADDRESSING, {**fresh, "dead": nobody}),
        *(_queue(channel.value, rows.get(channel.value, NOTHING)) for channel in SENT_OUT),
    ]


def _counts(since: str, at: datetime, waits: Q) -> dict[str, Any]:
    """What is counted of rows that wait, by the column that says since when each is due."""
    due = waits & Q(**{f"{since}__lte": at})
    return {
        "waiting": Count("pk", filter=waits),
        "due": Count("pk", filter=due),
        "oldest": Min(since, filter=due),
        "stuck": Count("pk", filter=waits & Q(**{f"{since}__lt": at - STUCK})),
    }


NOTHING: Mapping[str, Any] = MappingProxyType({"waiting": 0, "due": 0, "oldest": None, "stuck": 0, "dead": 0})


def _queue(name: str, row: Mapping[str, Any]) -> Queue:
    return Queue(name=name, **{key: row[key] for key in NOTHING})


def listed(*, most: int = 100) -> list[Delivery]:
    """What reached nobody, then what waits, the oldest first."""
    rows = Delivery.objects.filter(status__in=OPEN)
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
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(no_key=True).filter(pk=delivery_id, status__in=OPEN)
        row = rows.first()
        if row is None:
            raise NotFound
        yield row
        target, agency = f"Delivery/{delivery_id}", str(row.agency_id)
        log.record(action=action, target=target, actor=SHELL, agency=agency, code=code)
