"""Numbers of events: one after the other for each subscription, none left out, none given twice.

An event gets its number when it is first to be told, and only if the client may see what changed at that moment. So
what it may not see leaves no gap.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.actor import Actor
from fhir.subscriptions.bundles import Event, Standing
from fhir.subscriptions.kinds import Content, Problem, Status
from fhir.subscriptions.models import Subscription, SubscriptionEvent
from referrals import finding

KEPT = timedelta(days=30)
AT_ONCE = 500


def uncounted(*, at: datetime) -> Q:
    """Events that have no number yet and may have one at ``at``."""
    return Q(number=None) & (Q(held_until=None) | Q(held_until__lte=at))


def count_new(row: Subscription, actor: Actor) -> None:
    """Number what happened since; what the client may not see is forgotten. ``row`` must be locked by the caller."""
    waiting = list(row.events.filter(uncounted(at=timezone.now())).order_by("id")[:AT_ONCE])
    if not waiting:
        return
    seen = visible(actor, waiting)
    told = [event for event in waiting if event.pk in seen]
    for number, event in enumerate(told, start=row.counted + 1):
        event.number = number
    SubscriptionEvent.objects.bulk_update(told, ["number"])
    row.events.filter(pk__in=[event.pk for event in waiting if event.pk not in seen]).delete()
    row.counted += len(told)
    row.save(update_fields=["counted"])


def visible(actor: Actor, events: Sequence[SubscriptionEvent]) -> frozenset[UUID]:
    """Of these events, those of things that this actor would find in a list now."""
    tasks = frozenset(event.focus for event in events if event.type == "Task")
    requests = frozenset(event.focus for event in events if event.type == "ServiceRequest")
    listed = finding.still_listed(actor, tasks=tasks, requests=requests)
    return frozenset(event.pk for event in events if event.focus in listed)


def told(rows: QuerySet[SubscriptionEvent], actor: Actor) -> list[Event]:
    """These events as they may be told now: of what the client may not see any more, the number and the time alone."""
    events = list(rows.order_by("number"))
    seen = visible(actor, events)
    return [_event(event, named=event.pk in seen) for event in events]


def _event(row: SubscriptionEvent, *, named: bool) -> Event:
    focus = f"{row.type}/{row.focus}" if named else ""
    return Event(number=row.number or 0, at=row.at, focus=focus, created=row.created)


def standing(row: Subscription, *, content: Content | None = None) -> Standing:
    """How a subscription stands, as it is told; ``content`` if less is to be said than it asks for."""
    return Standing(
        id=row.pk,
        topic=row.topic,
        status=Status(row.status),
        content=content or Content(row.content),
        counted=row.counted,
        problem=Problem(row.problem) if row.problem else None,
    )


def base() -> str:
    """The server's own address in all that is said of subscriptions: asked or unasked, it is the same."""
    return f"{settings.BHU_BASE_URL}/fhir"


def forget(*, now: datetime) -> int:
    """Delete events older than 30 days. Returns how many. Their numbers are not given again."""
    deleted, _by_model = SubscriptionEvent.objects.filter(written_at__lt=now - KEPT).delete()
    return deleted


def numbers(events: Iterable[Event]) -> str:
    """The numbers as the log holds them: the first and the last."""
    found = [event.number for event in events]
    return f"{found[0]}-{found[-1]}" if found else ""
