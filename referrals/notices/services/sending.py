"""Sending what is due: claimed under a lease, sent, noted. A process that dies on its way holds nothing up for long.

Between claiming and noting nothing is locked. Whoever dies there leaves an attempt without an end, and the delivery
is taken again when the lease is over: it is sent at least once.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from types import MappingProxyType
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from referrals.models import Notice
from referrals.notices.channels import mail, text, webhook
from referrals.notices.channels.errors import NotSent
from referrals.notices.kinds import SENT_OUT, Channel, Problem, Status
from referrals.notices.message import Message
from referrals.notices.models import Attempt, Delivery, Preference, Reach
from referrals.notices.timing import FAULTS, next_try

from . import standing

log = structlog.stdlib.get_logger("notices")
BATCH = 10
LEASE = timedelta(minutes=3)
"""Longer than a batch takes whose every message is waited for until its time is out."""
LONGEST_RUN = 40.0
"""Seconds after which a run makes room for the next ring."""


ORDER = ("-urgent", "due_at", "notice_id")
# What comes first in its referral for its recipient, whether due or not, and of that what is due and free. Ranked in
# one pass: compared with each other, thousands that wait take a database seconds. More than a batch, since others
# claim at the same time.
FIRST_IN_LINE = f"""
SELECT id FROM (
    SELECT id, urgent, due_at, notice_id, leased_until,
        row_number() OVER (PARTITION BY referral_id, "to" ORDER BY notice_id) AS place
    FROM notices_delivery WHERE status = '{Status.WAITING.value}' AND channel = %s
) AS waiting
WHERE place = 1 AND due_at <= %s AND (leased_until IS NULL OR leased_until <= %s)
ORDER BY urgent DESC, due_at, notice_id LIMIT {8 * BATCH}
"""  # noqa: S608  constants of ours

_RUNNING = {channel: Lock() for channel in SENT_OUT}


def send_due(channel: Channel) -> int:
    """Send what is due by one channel, until nothing is or the time is out. Returns how many were tried.

    One run of a channel at a time in a process: a gateway that hangs keeps one hand busy, and not all of them.
    """
    if not _RUNNING[channel].acquire(blocking=False):
        return 0
    try:
        return _run(channel)
    finally:
        _RUNNING[channel].release()


def _run(channel: Channel) -> int:
    began, tried = time.monotonic(), 0
    while time.monotonic() - began < LONGEST_RUN:
        batch = claim(channel, at=timezone.now())
        if not batch:
            break
        for delivery in batch:
            attempt(delivery)
        tried += len(batch)
    return tried


def claim(channel: Channel, *, at: datetime) -> list[Delivery]:
    """Take what is due and nobody has: not before what came earlier in the same referral to the same recipient."""
    mark = uuid4()
    with transaction.atomic():
        rows = list(_due(channel, at).select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
        taken = [row for row in rows if not _worn_out(row, at=at)]
        for row in taken:
            row.lease, row.leased_until, row.tries = mark, at + LEASE, row.tries + 1
            row.save(update_fields=["lease", "leased_until", "tries"])
        Attempt.objects.bulk_create(Attempt(delivery=row, number=row.tries, at=at) for row in taken)
    return taken


def _due(channel: Channel, at: datetime) -> QuerySet[Delivery]:
    """What may go now, urgent first. Asked for again by its id, since what is ranked cannot be locked."""
    moment = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(FIRST_IN_LINE, [channel.value, moment, moment])
        first = [row[0] for row in cursor.fetchall()]
    waiting = Delivery.objects.filter(pk__in=first, status=Status.WAITING.value)
    return waiting.filter(Q(leased_until=None) | Q(leased_until__lte=at)).order_by(*ORDER)


def _worn_out(row: Delivery, *, at: datetime) -> bool:
    """One whose process ended while it had it: after a few times a person must look, whatever it is."""
    if row.lease is None:
        return False
    row.faults += 1
    row.save(update_fields=["faults"])
    if row.faults < FAULTS:
        return False
    _bury(row, Problem.BROKEN_OFF, at=at)
    return True


def attempt(delivery: Delivery) -> None:
    """Send one that was claimed, and note how it went. Whatever happens to it happens to no other."""
    at, lease = timezone.now(), delivery.lease
    try:
        _send(Delivery.objects.select_related(*WITH).get(pk=delivery.pk), at=at)
    except NotTold:
        _note(delivery.pk, lease, Problem.NOT_ALLOWED, Status.VOID)
    except NotSent as refused:
        _failed(delivery.pk, lease, refused.problem, lasting=refused.lasting)
    except Exception:
        log.exception("notice not sent", delivery=str(delivery.pk))
        _failed(delivery.pk, lease, Problem.FAULT)
    else:
        _note(delivery.pk, lease, None, Status.SENT)


WITH = (
    "notice__referral",
    "notice__task",
    "notice__cover_asked__coverage",
    "agency",
    "membership__user",
    "membership__agency",
    "webhook",
)


class NotTold(Exception):
    """Whom it was for is not to be told any more."""


def _send(row: Delivery, *, at: datetime) -> None:
    _require_allowed(row, at=at)
    SENDERS[Channel(row.channel)](row, message_of(row), at)


def _require_allowed(row: Delivery, *, at: datetime) -> None:
    """Raise ``NotTold`` unless who it is for may be told of it now: they may have left since, or their part ended."""
    place = standing.places_of([row.notice]).get((row.notice.referral_id, row.notice.agency_id))
    if row.membership is None:
        allowed = standing.is_open_to_all(row.notice, row.agency)
    else:
        actor = standing.actor_of(row.membership)
        allowed = actor is not None and standing.may_be_told(actor, row.notice, place, at=at)
    if not (allowed and standing.concerns(row.notice, row.agency, place, at=at)):
        raise NotTold


def message_of(row: Delivery) -> Message:
    """What a delivery says outside of our own pages."""
    notice: Notice = row.notice
    referral = standing.named(notice)
    at_referral = referral is not None and not notice.role
    path = reverse("referrals:anywhere", args=[referral.pk]) if referral and at_referral else reverse("notices:list")
    return Message(
        id=str(row.pk),
        number=referral.reference if referral else "",
        urgent=row.urgent,
        link=f"{settings.BHU_BASE_URL}{path}",
    )


def _mail(row: Delivery, message: Message, _at: datetime) -> None:
    if row.membership is not None and row.membership.user is not None:
        mail.send(message, row.membership.user.email)
        return
    mail.send(message, _there(Reach.objects.filter(agency=row.agency).values_list("mailbox", flat=True).first()))


def _text(row: Delivery, message: Message, _at: datetime) -> None:
    user = row.membership.user_id if row.membership else None
    text.send(message, _there(Preference.objects.filter(user=user).values_list("phone", flat=True).first()))


def _post(row: Delivery, message: Message, at: datetime) -> None:
    if row.webhook is None or row.webhook.ended_at is not None:
        raise NotTold
    webhook.send(message, row.webhook, at=at)


def _there(address: str | None) -> str:
    """An address as it is now. Raises ``NotSent`` if it was taken away since."""
    if not address:
        raise NotSent(Problem.NO_ADDRESS, lasting=True)
    return address


SENDERS: Mapping[Channel, Callable[[Delivery, Message, datetime], None]] = MappingProxyType(
    {Channel.MAIL: _mail, Channel.TEXT: _text, Channel.HOOK: _post}
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A delivery this process still has the lease of, locked."""

    row: Delivery
    at: datetime


def _held(delivery_id: UUID, lease: UUID | None) -> _Held | None:
    """``None`` if the lease was over and somebody else has it now: they note how theirs went."""
    row = Delivery.objects.select_for_update(no_key=True).filter(pk=delivery_id, lease=lease).first()
    return None if row is None else _Held(row, timezone.now())


def _note(delivery_id: UUID, lease: UUID | None, problem: Problem | None, status: Status) -> None:
    with transaction.atomic():
        if held := _held(delivery_id, lease):
            _end_attempt(held, problem)
            _end(held.row, status, problem, at=held.at)


def _failed(delivery_id: UUID, lease: UUID | None, problem: Problem, *, lasting: bool = False) -> None:
    """Try again later, or, where that is no use or the time is out, lay it before a person."""
    with transaction.atomic():
        if (held := _held(delivery_id, lease)) is None:
            return
        row, at = held.row, held.at
        _end_attempt(held, problem)
        row.faults += problem is Problem.FAULT
        again = next_try(at, tries=row.tries, urgent=row.urgent)
        if lasting or row.faults >= FAULTS or again > row.gives_up_at:
            _bury(row, problem, at=at)
        else:
            row.due_at, row.lease, row.leased_until, row.problem = again, None, None, problem.value
            row.save(update_fields=["due_at", "lease", "leased_until", "problem", "faults"])


def _end_attempt(held: _Held, problem: Problem | None) -> None:
    tried = Attempt.objects.filter(delivery=held.row, number=held.row.tries)
    tried.update(ended_at=held.at, problem=problem.value if problem else "")


def _bury(row: Delivery, problem: Problem, *, at: datetime) -> None:
    _end(row, Status.DEAD, problem, at=at)


def _end(row: Delivery, status: Status, problem: Problem | None, *, at: datetime) -> None:
    row.status, row.problem, row.ended_at = status.value, problem.value if problem else "", at
    row.lease = row.leased_until = None
    row.save(update_fields=["status", "problem", "ended_at", "lease", "leased_until", "faults"])
