"""Notices that reached nobody. Each stays until a person sends it again, or lets it be and says why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db.models import Count, Min
from django.utils import timezone

from agencies.actor import Actor
from agencies.outside import place_of
from agencies.roles import Role
from fhir.content.issues import error
from referrals.errors import Invalid, NotFound
from referrals.models import Notice, Participation
from referrals.notices.kinds import CHANNELS, PROBLEMS, Channel, Problem, Status, _
from referrals.notices.models import Attempt, Delivery
from referrals.notices.timing import GIVES_UP
from referrals.policy.codes import DenyCode, denied
from referrals.policy.limits import OWN_ONLY
from referrals.services import recording
from referrals.services.gating import works, works_with
from referrals.services.rows import select

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "told-otherwise": _("they were told another way"),
        "no-longer-matters": _("it does not matter any more"),
        "address-gone": _("there is no such address any more"),
    }
)
"""Why a notice may be let be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One delivery that reached nobody. ``reference`` is "" for who may not know which referral it is."""

    id: UUID
    reference: str
    channel: str
    to: str
    problem: str
    urgent: bool
    since: datetime
    tried: tuple[Attempt, ...]


def may_see(actor: Actor) -> bool:
    """Whether this is somebody who looks after what reached nobody in the agency: its admin, and who works there for
    all of it.
    """
    return actor.role is Role.AGENCY_ADMIN or (works(actor) and actor.role not in OWN_ONLY)


def count(actors: Sequence[Actor]) -> dict[UUID, int]:
    """How many there are, by the agencies of these places whose people look after them; one query."""
    mine = {actor.agency_id for actor in actors if may_see(actor)}
    if not mine:
        return {}
    rows = Delivery.objects.filter(status=Status.DEAD.value, agency__in=mine).values_list("agency")
    return dict(rows.annotate(n=Count("pk")).values_list("agency_id", "n"))


def counted() -> list[tuple[str, int, datetime]]:
    """By agency's handle, how many there are on the whole network, and since when."""
    rows = Delivery.objects.filter(status=Status.DEAD.value).values_list("agency__slug")
    return list(rows.annotate(n=Count("pk"), since=Min("ended_at")).order_by("agency__slug"))


def letters(actor: Actor) -> list[Letter]:
    """Those of the actor's agency, the oldest first; one event. Raises ``Denied``."""
    _require(actor, "notice.undelivered")
    recording.record(actor, "notice.undelivered")
    dead = Delivery.objects.filter(agency_id=actor.agency_id, status=Status.DEAD.value)
    rows = list(dead.select_related("notice__referral", "membership__user", "agency", "webhook")
                .prefetch_related("attempts").order_by("created_at", "id")[:200])  # fmt: skip
    known = _known(actor, {row.referral_id for row in rows if row.referral_id is not None})
    return [_letter(row, numbered=row.referral_id in known) for row in rows]


def send_again(actor: Actor, delivery_id: UUID) -> None:
    """Try it for another three days, beginning now. Raises ``Denied``; ``NotFound`` for what is not in the list."""
    with _one(actor, delivery_id, "notice.resend") as row:
        again(row, at=timezone.now())


def let_be(actor: Actor, delivery_id: UUID, *, reason: str) -> None:
    """Let it be, for one of ``REASONS``. Raises ``Invalid`` for another; else as ``send_again``."""
    if reason not in REASONS:
        raise Invalid([error("value", "reason", f"must be one of: {', '.join(REASONS)}")])
    with _one(actor, delivery_id, "notice.drop", code=reason) as row:
        drop(row, at=timezone.now())


def again(row: Delivery, *, at: datetime) -> None:
    """Let a dead delivery, locked, be tried anew; of one that stands for nobody, who is to be told is asked anew."""
    if row.channel == Channel.PAGE:
        Notice.objects.filter(pk=row.notice_id).update(addressed_at=None)
        row.delete()
        return
    row.status, row.due_at, row.gives_up_at, row.faults, row.ended_at = Status.WAITING.value, at, at + GIVES_UP, 0, None
    row.save(update_fields=["status", "due_at", "gives_up_at", "faults", "ended_at"])


def drop(row: Delivery, *, at: datetime) -> None:
    """Let a dead delivery, locked, be."""
    row.status, row.ended_at = Status.DROPPED.value, at
    row.save(update_fields=["status", "ended_at"])


def _require(actor: Actor, action: str) -> None:
    if not may_see(actor):
        recording.refuse(actor, action, code=DenyCode.ROLE)
        raise denied(DenyCode.ROLE)


@contextmanager
def _one(actor: Actor, delivery_id: UUID, action: str, *, code: str = "") -> Iterator[Delivery]:
    """One dead delivery of the actor's agency, locked, in a transaction that records what is done to it."""
    target = f"Delivery/{delivery_id}"
    with recording.one_act(actor, action, target=target):
        if not may_see(actor):
            raise denied(DenyCode.ROLE)
        dead = Delivery.objects.filter(agency_id=actor.agency_id, status=Status.DEAD.value, pk=delivery_id)
        row = dead.select_for_update(no_key=True, of=("self",)).first()
        if row is None:
            raise NotFound
        yield row
        recording.record(actor, action, target=target, code=code)


def _known(actor: Actor, referrals: Collection[UUID]) -> frozenset[UUID]:
    """Those of these referrals that the actor works with, whose numbers it may read."""
    places = select(Participation, referral_id=set(referrals), agency_id=actor.agency_id) if referrals else []
    return frozenset(place.referral_id for place in places if works_with(actor, place))


def _letter(row: Delivery, *, numbered: bool) -> Letter:
    return Letter(
        id=row.pk,
        reference=row.notice.referral.reference if numbered and row.notice.referral else "",
        channel=CHANNELS[Channel(row.channel)],
        to=_to(row),
        problem=PROBLEMS[Problem(row.problem)],
        urgent=row.urgent,
        since=row.created_at,
        tried=tuple(sorted(row.attempts.all(), key=lambda each: each.number)),
    )


def _to(row: Delivery) -> str:
    if row.webhook is not None:
        return place_of(row.webhook.url).host  # a path may hold a secret, and all who work there read this
    if row.membership is not None and row.membership.user is not None:
        return row.membership.user.name or row.membership.user.email
    return row.agency.name
