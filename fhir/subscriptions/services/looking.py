"""What an agency's administrator sees of its systems' subscriptions, and the button that tries one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from fhir.subscriptions import endpoints, standing
from fhir.subscriptions.endpoints import NotTaken
from fhir.subscriptions.kinds import TOPICS, Problem, Sent, Status
from fhir.subscriptions.models import Subscription
from referrals.errors import NotFound
from referrals.policy.codes import DenyCode, denied
from referrals.services import recording

from . import sending

LOOK, TRY = "subscription.look", "subscription.try"
TAKEN = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One subscription as an administrator sees it. Of its address the host alone: the rest may hold a secret."""

    id: UUID
    system: str
    topic: str
    host: str
    status: Status
    problem: Problem | None
    changed_at: datetime
    counted: int
    waiting: int
    failing_since: datetime | None


def may_see(actor: Actor) -> bool:
    """Whether this actor looks after the agency's systems."""
    return actor.may(Capability.MANAGE_MEMBERS)


def shown(actor: Actor) -> list[Shown]:
    """All there are of the agency's systems, the oldest first. One event. Raises ``Denied``, recorded."""
    with recording.refusals(actor, LOOK):
        _require(actor)
    recording.record(actor, LOOK)
    return [_shown(row) for row in _of(actor).select_related("membership__client", "membership__user").order_by("id")]


def _shown(row: Subscription) -> Shown:
    who = row.membership.client or row.membership.user
    return Shown(
        id=row.pk,
        system=who.name if who else "",
        topic=TOPICS[row.topic].type,
        host=endpoints.host_of(row.endpoint),
        status=Status(row.status),
        problem=Problem(row.problem) if row.problem else None,
        changed_at=row.changed_at,
        counted=row.counted,
        waiting=row.counted - row.told,
        failing_since=row.failing_since,
    )


def attempt(actor: Actor, id_: UUID) -> Problem | None:
    """Send one a handshake now. ``None`` if it was taken, else why it was not. How it stands stays as it is.

    Raises ``Denied``, ``NotFound``, each recorded; what came of it is recorded, too.
    """
    target = f"Subscription/{id_}"
    with recording.refusals(actor, TRY, target=target):
        _require(actor)
        row = _of(actor).filter(pk=id_).first()
        if row is None:
            raise NotFound
    problem = _sent(row)
    recording.record(actor, TRY, target=target, code=problem.value if problem else TAKEN)
    return problem


def _sent(row: Subscription) -> Problem | None:
    if standing.allowed(row.membership_id, TOPICS[row.topic].type) is None:
        return Problem.NOT_ALLOWED
    headers = endpoints.unseal(bytes(row.sealed_headers), subscription_id=row.pk)
    try:
        endpoints.post(row.endpoint, headers, sending.bundle_of(Sent.HANDSHAKE, row, [], at=timezone.now()))
    except NotTaken as refused:
        return refused.problem
    return None


def _of(actor: Actor) -> QuerySet[Subscription]:
    return Subscription.objects.filter(agency_id=actor.agency_id, deleted_at=None)


def _require(actor: Actor) -> None:
    if not may_see(actor):
        raise denied(DenyCode.ROLE)


def stopped() -> list[tuple[str, int, datetime]]:
    """Of every agency with subscriptions in error its handle, how many, and since when: for who runs the server."""
    rows = Subscription.objects.filter(deleted_at=None, status=Status.ERROR.value).select_related("agency")
    found: dict[str, list[datetime]] = {}
    for row in rows.order_by("changed_at"):
        found.setdefault(row.agency.slug, []).append(row.changed_at)
    return [(slug, len(times), times[0]) for slug, times in found.items()]
