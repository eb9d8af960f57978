"""Lists of tasks and of requests by their columns, for whoever searches. Lists never unseal.

A sworn sender's own tasks are found, ordered and counted by his coarse view alone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.compiled import ask
from referrals.blind import Lookup
from referrals.models import Participation, ReferralTask
from referrals.policy.codes import DenyCode, denied
from referrals.projection import COARSE, STATUS
from referrals.services import clients, columns, recording, urgency
from referrals.services.columns import RequestRow, TaskRow
from referrals.workflow import State

LIST = "resource.list"
NOBODY = UUID(int=0)

Names = frozenset[str] | None
Ids = frozenset[UUID] | None
Mark = tuple[datetime, UUID]
"""The (time, id) of the last row seen."""


class Bound(NamedTuple):
    """One bound of a time: ``gte``, ``gt``, ``lte`` or ``lt``."""

    comparison: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQuery:
    """Which tasks. ``None`` asks for nothing in particular; a set without members is met by no task."""

    ids: Ids = None
    statuses: Names = None
    business: Names = None
    priorities: Names = None
    owners: Ids = None
    requesters: Ids = None
    patients: Ids = None
    requests: Ids = None
    references: Names = None
    changed: tuple[Bound, ...] = ()
    authored: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestQuery:
    """Which requests, in the same way."""

    ids: Ids = None
    statuses: Names = None
    priorities: Names = None
    patients: Ids = None
    references: Names = None
    services: Names = None
    authored: tuple[Bound, ...] = ()


class Side(NamedTuple):
    """The tasks an agency is one side of: what is asked of their columns, and that of the time it is shown for them."""

    asked: Mapping[str, object]
    time: str


def tasks(
    actor: Actor, query: TaskQuery, *, after: Mark | None = None, size: int, rising: bool = False
) -> list[TaskRow]:
    """The tasks that ``query`` finds, last changed first, or ``rising`` first changed first.

    Raises ``Denied`` for a role without a worklist. One event.
    """
    _record(actor, "Task")
    found = [row for side in _sides(actor, query) for row in _page(actor, side, after=after, size=size, rising=rising)]
    found.sort(key=lambda row: row[0], reverse=not rising)
    return columns.task_rows([task for _mark, task in islice(found, size)], actor.agency_id)


def count_tasks(actor: Actor, query: TaskQuery) -> int:
    """How many there are. Raises ``Denied``. One event."""
    _record(actor, "Task")
    now = timezone.now()
    return sum(_found(actor, at=now, asked=side.asked).count() for side in _sides(actor, query))


def requests(
    actor: Actor, query: RequestQuery, *, after: Mark | None = None, size: int
) -> tuple[list[RequestRow], Mark | None]:
    """The requests that ``query`` finds, as an inbox orders them, and the mark of the last one.

    Raises ``Denied`` for a role without a worklist. One event.
    """
    _record(actor, "ServiceRequest")
    found = _places(actor, query)
    if after is not None:
        at, row_id = after
        found = found.filter(inbox_at__lte=at).exclude(inbox_at=at, id__gte=row_id)
    places = list(found.order_by("-inbox_at", "-id")[:size])
    return columns.request_rows(places), (places[-1].inbox_at, places[-1].id) if places else None


def count_requests(actor: Actor, query: RequestQuery) -> int:
    """How many there are. Raises ``Denied``. One event."""
    _record(actor, "ServiceRequest")
    return _places(actor, query).count()


def requests_of(actor: Actor, referral_ids: frozenset[UUID]) -> list[RequestRow]:
    """The requests of tasks that were just listed for this actor: part of that list, and of its event."""
    places = _in_force(actor, at=timezone.now()).filter(referral_id__in=referral_ids)
    return columns.request_rows(list(places.order_by("id")))


def tasks_of(actor: Actor, referral_ids: frozenset[UUID]) -> list[TaskRow]:
    """The tasks of requests that were just listed for this actor: part of that list, and of its event."""
    now, sides = timezone.now(), _sides(actor, TaskQuery(requests=referral_ids))
    found = {task.id: task for side in sides for task in _found(actor, at=now, asked=side.asked)}
    return columns.task_rows([found[id_] for id_ in sorted(found)], actor.agency_id)


def still_listed(actor: Actor, *, tasks: frozenset[UUID], requests: frozenset[UUID]) -> frozenset[UUID]:
    """Of these tasks and requests, those that a list would show this actor now: for who tells of them unasked.

    No event: whoever tells records what it tells.
    """
    now = timezone.now()
    found = {
        task for side in _sides(actor, TaskQuery(ids=tasks)) for task in _ids(_found(actor, at=now, asked=side.asked))
    }
    places = _in_force(actor, at=now).filter(referral_id__in=requests)
    return frozenset(found | set(places.values_list("referral_id", flat=True)))


def _ids(tasks: QuerySet[ReferralTask]) -> Iterable[UUID]:
    return tasks.values_list("id", flat=True)


def folders(
    actor: Actor,
    *,
    patients: Collection[UUID] | None = None,
    requests: Collection[UUID] | None = None,
    resources: Collection[UUID] | None = None,
) -> list[UUID]:
    """The referrals, also those it has left, in which all of this is; of no referral that is not the actor's."""
    found = Participation.objects.of(actor)
    if patients is not None:
        found = found.filter(referral__folder__patient_id__in=patients)
    if requests is not None:
        found = found.filter(referral_id__in=requests)
    if resources is not None:
        found = found.filter(referral__folder__sections__resource_id__in=resources)
    return sorted(set(found.values_list("referral_id", flat=True)))


def referrals_of_clients(actor: Actor, lookups: Iterable[Lookup]) -> frozenset[UUID]:
    """The referrals of the agency's own clients that any of these look-ups finds, and of nobody else's. One event.

    Raises ``Denied`` for a role that may not look clients up, recorded.
    """
    return frozenset(clients.referrals_of(actor, clients.find(actor, lookups)))


def _record(actor: Actor, type_: str) -> None:
    if not actor.may(Capability.VIEW_INBOX):
        recording.refuse(actor, LIST, code=DenyCode.ROLE)
        raise denied(DenyCode.ROLE)
    recording.record(actor, LIST, code=type_)


def _in_force(actor: Actor, *, at: datetime) -> QuerySet[Participation]:
    return Participation.objects.of(actor).live(at).granted(actor, at=at)


def _places(actor: Actor, query: RequestQuery) -> QuerySet[Participation]:
    asked = {
        "referral_id__in": query.ids,
        "referral__status__in": query.statuses,
        _priority(actor): query.priorities,
        "referral__folder__patient_id__in": query.patients,
        "referral__reference__in": query.references,
        "referral__service_type__in": query.services,
        **_bounds("referral__created_at", query.authored),
    }
    return _in_force(actor, at=timezone.now()).filter(
        **{name: value for name, value in asked.items() if value is not None}
    )


def _sides(actor: Actor, query: TaskQuery) -> Iterator[Side]:
    """The two sides of an agency, each an index walk: what it was asked, and what it asked others.

    No task is put to the agency that puts it, so one that asks for its own inbox is asked about one side alone.
    """
    mine = frozenset({actor.agency_id})
    coarse, priorities = actor.sworn, {_priority(actor): query.priorities}
    if query.owners is None or mine & query.owners:
        asked = {"owner_id": actor.agency_id, "requester_id__in": _without(query.requesters, mine), **priorities}
        yield _side(query, asked)
    if query.requesters is None or mine & query.requesters:
        asked = {"requester_id": actor.agency_id, "owner_id__in": _without(query.owners, mine), **priorities}
        yield _side(query, asked, coarse=coarse)


def _without(ids: Ids, mine: frozenset[UUID]) -> Ids:
    return None if ids is None else ids - mine


def _side(query: TaskQuery, sides: Mapping[str, object], *, coarse: bool = False) -> Side:
    time = "coarse_at" if coarse else "changed_at"
    asked = {
        **sides,
        "id__in": query.ids,
        "status__in": _behind(query.statuses) if coarse else query.statuses,
        "business_status__in": frozenset() if coarse and query.business is not None else query.business,
        "referral__folder__patient_id__in": query.patients,
        "referral_id__in": query.requests,
        "referral__reference__in": query.references,
        **_bounds(time, query.changed),
        **_bounds("authored_at", query.authored),
    }
    return Side({name: value for name, value in asked.items() if value is not None}, time)


def _found(actor: Actor, *, at: datetime, asked: Mapping[str, object]) -> QuerySet[ReferralTask]:
    places = _in_force(actor, at=at).filter(referral_id=OuterRef("referral_id"))
    return ReferralTask.objects.filter(Exists(places), **asked)


def _priority(actor: Actor) -> str:
    return f"referral__{urgency.priority_column(sworn=actor.sworn)}__in"


def _behind(statuses: Names) -> Names:
    """The states that a sworn sender is shown as one of ``statuses``."""
    if statuses is None:
        return None
    return frozenset(state.value for state in State if STATUS[COARSE[state]].value in statuses)


def _bounds(field: str, bounds: tuple[Bound, ...]) -> dict[str, datetime]:
    """The narrowest bound of each kind."""
    found: dict[str, datetime] = {}
    for bound in bounds:
        name = f"{field}__{bound.comparison}"
        narrow = max if bound.comparison.startswith("g") else min
        found[name] = narrow(found.get(name, bound.at), bound.at)
    return found


def _page(
    actor: Actor, side: Side, *, after: Mark | None, size: int, rising: bool
) -> Iterator[tuple[Mark, ReferralTask]]:
    anybody = replace(actor, agency_id=NOBODY, membership_id=NOBODY)  # of the same role: the query is the same
    mark_at, mark_id = after or (None, None)
    found = ask(
        _walk,
        anybody,
        side.time,
        size,
        rising,
        agency_id=actor.agency_id,
        membership_id=actor.membership_id,
        at=timezone.now(),
        mark_at=mark_at,
        mark_id=mark_id,
        **side.asked,
    )
    for task in found:
        yield (getattr(task, side.time), task.id), task


def _walk(
    anybody: Actor,
    time: str,
    size: int,
    rising: bool,
    *,
    agency_id: UUID,
    membership_id: UUID,
    at: datetime,
    mark_at: datetime | None,
    mark_id: UUID | None,
    **asked: object,
) -> QuerySet[ReferralTask]:
    """The next rows of one side, by an index on its time."""
    found = _found(replace(anybody, agency_id=agency_id, membership_id=membership_id), at=at, asked=asked)
    if mark_at is not None:
        on, past = ("gte", "lte") if rising else ("lte", "gte")
        found = found.filter(**{f"{time}__{on}": mark_at}).exclude(**{time: mark_at, f"id__{past}": mark_id})
    order = (time, "id") if rising else (f"-{time}", "-id")
    return found.order_by(*order)[:size]
