"""Making, reading, changing and ending one's own subscriptions: a client's are its own, and nobody else's."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from fhir.content import exact
from fhir.content.exact import Object
from fhir.content.issues import error
from fhir.subscriptions import bundles, endpoints, standing
from fhir.subscriptions.bundles import Event, Standing
from fhir.subscriptions.kinds import TOPICS, Content, Problem, Status
from fhir.subscriptions.models import Subscription
from fhir.subscriptions.reading import Wanted
from referrals.errors import Invalid, NotFound, Refused, Stale
from referrals.policy.codes import DenyCode, denied
from referrals.services import idempotency, recording

from . import counting

MOST = 20
AT_ONCE = 100
CREATE, READ, UPDATE, DELETE = (
    "subscription.create",
    "subscription.read",
    "subscription.update",
    "subscription.delete",
)
LIST, STATUS, EVENTS = "subscription.list", "subscription.status", "subscription.events"


Require = Callable[[str, str], None]
"""Raises a ``Refused`` unless the token that asks covers an interaction on a type."""


class Deleted(Refused):
    """It was there and is no more; its client alone is told so."""

    code = "DELETED"
    status = 410
    issue = "deleted"
    challenge = ""

    def __init__(self) -> None:
        super().__init__("This subscription was deleted.")


def create(
    actor: Actor, wanted: Wanted, query: dict[str, Any], *, end: datetime | None, key: str | None, content: bytes
) -> tuple[Subscription, bool]:
    """A new subscription; its handshake is due. Returns it, and whether it was there already under the same key.

    Raises ``Invalid``, ``Denied`` for a role without a worklist, ``KeyReused``; each recorded.
    """
    with recording.one_act(actor, CREATE):
        _require_worklist(actor)
        endpoints.require(wanted.endpoint)
        now = timezone.now()
        kept = None
        if key is not None:
            kept, earlier = idempotency.claim(actor, key, content, now=now)
            if earlier is not None:
                return _mine(actor).get(pk=UUID(earlier["subscription"])), True
        if _mine(actor).filter(deleted_at=None).count() >= MOST:
            raise Invalid([error("too-costly", "Subscription", f"A client has at most {MOST}: delete one first.")])
        row = Subscription(agency_id=actor.agency_id, membership_id=actor.membership_id, created_at=now)
        _fill(row, wanted, query, end=end, headers=endpoints.filled(wanted.headers, ()), at=now)
        row.save(force_insert=True)
        recording.record(actor, CREATE, target=_target(row.pk))
        if kept is not None:
            idempotency.keep(kept, {"subscription": str(row.pk)})
    return row, False


def update(
    actor: Actor,
    id_: UUID,
    wanted: Wanted,
    query: dict[str, Any],
    *,
    end: datetime | None,
    seen: Callable[[int], int | None],
) -> Subscription:
    """Change one's own. Whatever is asked of it anew, its endpoint has to shake hands again.

    ``seen`` says which version the client saw, of the one there is; ``None`` if that is not to count. Raises
    ``NotFound``, ``Deleted``, ``Stale``, ``Invalid``.
    """
    with recording.one_act(actor, UPDATE, target=_target(id_)):
        endpoints.require(wanted.endpoint)
        row = _locked(actor, id_)
        if seen(row.version) not in (None, row.version):
            raise Stale(f"The subscription is now in version {row.version}, which is not the one you named.")
        before = endpoints.unseal(bytes(row.sealed_headers), subscription_id=row.pk)
        same = wanted.endpoint == row.endpoint
        headers = endpoints.filled(wanted.headers, before if same else ())
        if wanted.status is Status.ACTIVE and not (row.status == Status.ACTIVE and same and wanted.topic == row.topic):
            text = "is active when its endpoint has shaken hands: send requested, or off"
            raise Invalid([error("value", "Subscription.status", text)])
        if wanted.topic != row.topic:  # what happened to the other type is not told under this one's permission
            row.events.all().delete()
            row.told = row.counted
        _fill(row, wanted, query, end=end, headers=headers, at=timezone.now())
        row.version += 1
        row.save()
        recording.record(actor, UPDATE, target=_target(id_), code=row.status)
    return row


def stop_all(problem: Problem, *, at: datetime) -> int:
    """Put each that lives into error until its client asks again. Returns how many."""
    live = Subscription.objects.filter(deleted_at=None, status__in=[Status.REQUESTED.value, Status.ACTIVE.value])
    return live.update(status=Status.ERROR.value, problem=problem.value, changed_at=at, due_at=None)


def delete(actor: Actor, id_: UUID) -> None:
    """End one's own for good. Nothing more is written down or sent for it. Raises ``NotFound``, ``Deleted``."""
    with recording.one_act(actor, DELETE, target=_target(id_)):
        row = _locked(actor, id_)
        row.deleted_at, row.status, row.due_at = timezone.now(), Status.OFF.value, None
        row.sealed_headers = b""
        row.save(update_fields=["deleted_at", "status", "due_at", "sealed_headers"])
        row.events.all().delete()
        recording.record(actor, DELETE, target=_target(id_))


def read(actor: Actor, id_: UUID) -> Subscription:
    """One's own. Raises ``NotFound``, ``Deleted``; each recorded."""
    with recording.refusals(actor, READ, target=_target(id_)):
        row = _one(_mine(actor), id_)
    recording.record(actor, READ, target=_target(id_))
    return row


def listed(actor: Actor) -> list[Subscription]:
    """All of one's own that are there, the oldest first. One event."""
    recording.record(actor, LIST)
    return list(_mine(actor).filter(deleted_at=None).order_by("id"))


def statuses(
    actor: Actor, ids: Iterable[UUID] | None, *, require: Require, only: Iterable[str] | None = None
) -> list[Standing]:
    """How one's own stand, all or those with these ids, all or those in these states. One event."""
    recording.record(actor, STATUS)
    rows = _mine(actor).filter(deleted_at=None).order_by("id")
    rows = rows if ids is None else rows.filter(pk__in=list(ids))
    rows = rows if only is None else rows.filter(status__in=list(only))
    return [_counted(actor, row.pk, require) for row in rows]


def _counted(actor: Actor, id_: UUID, require: Require) -> Standing:
    """How one stands; what happened since is counted only for who may read what it is about."""
    with recording.one_act(actor, STATUS, target=_target(id_)):
        row = _locked(actor, id_)
        with suppress(Refused):
            require(TOPICS[row.topic].type, standing.READ)
            counting.count_new(row, actor)
    return counting.standing(row)


def status(actor: Actor, id_: UUID, *, require: Require) -> Standing:
    """How one of one's own stands. Raises ``NotFound``, ``Deleted``; each recorded."""
    found = _counted(actor, id_, require)
    recording.record(actor, STATUS, target=_target(id_))
    return found


def events(
    actor: Actor, id_: UUID, *, since: int, until: int | None, content: Content | None, require: Require
) -> tuple[Standing, list[Event]]:
    """The events of one's own from number ``since`` to ``until``, at most a hundred; what was missed is had again here.

    Raises ``NotFound``, ``Deleted``, ``Invalid`` for more content than the subscription asks for, and what ``require``
    raises for a token that does not cover what it is about; each recorded.
    """
    with recording.one_act(actor, EVENTS, target=_target(id_)):
        row = _locked(actor, id_)
        require(TOPICS[row.topic].type, standing.READ)
        if content is Content.ID_ONLY and row.content == Content.EMPTY:
            raise Invalid([error("value", "http.content", "must not be more than the subscription asks for: empty")])
        counting.count_new(row, actor)
        rows = row.events.filter(number__gte=since, number__lte=row.counted if until is None else until)
        chosen = rows.filter(pk__in=list(rows.order_by("number").values_list("pk", flat=True)[:AT_ONCE]))
        told = counting.told(chosen, actor)
        recording.record(actor, EVENTS, target=_target(id_), code=counting.numbers(told))
    return counting.standing(row, content=content), told


def tree_of(row: Subscription) -> Object:
    """The subscription as its client reads it."""
    body = exact.parse(row.body.encode())
    if not isinstance(body, dict):
        raise TypeError("A subscription is a resource.")
    return bundles.resource(
        body,
        id_=row.pk,
        status=Status(row.status),
        version=row.version,
        at=row.changed_at,
        problem=Problem(row.problem) if row.problem else None,
    )


def _fill(
    row: Subscription,
    wanted: Wanted,
    query: dict[str, Any],
    *,
    end: datetime | None,
    headers: list[tuple[str, str]],
    at: datetime,
) -> None:
    """Write on a row what is wanted. Asked for again, it begins with a handshake, and its failures are forgotten."""
    if end is not None and end <= at and wanted.status is not Status.OFF:
        raise Invalid([error("value", "Subscription.end", "must be in the future")])
    row.topic, row.query, row.content = wanted.topic, query, wanted.content.value
    row.endpoint, row.heartbeat, row.most, row.ends_at = wanted.endpoint, wanted.heartbeat, wanted.most, end
    row.sealed_headers = endpoints.seal(headers, subscription_id=row.pk)
    row.body = exact.dump(wanted.body).decode()
    row.status, row.problem, row.changed_at = wanted.status.value, "", at
    row.tries, row.failing_since, row.lease, row.leased_until = 0, None, None, None
    row.due_at = None if wanted.status is Status.OFF else at


def _mine(actor: Actor) -> QuerySet[Subscription]:
    return Subscription.objects.filter(membership_id=actor.membership_id, agency_id=actor.agency_id)


def _locked(actor: Actor, id_: UUID) -> Subscription:
    return _one(_mine(actor).select_for_update(no_key=True), id_)


def _one(rows: QuerySet[Subscription], id_: UUID) -> Subscription:
    row = rows.filter(pk=id_).first()
    if row is None:
        raise NotFound
    if row.deleted_at is not None:
        raise Deleted
    return row


def _require_worklist(actor: Actor) -> None:
    if not actor.may(Capability.VIEW_INBOX):
        raise denied(DenyCode.ROLE)


def _target(id_: UUID) -> str:
    return f"Subscription/{id_}"
