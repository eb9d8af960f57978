"""Lists: the inbox, the history of one referral, a referral by its number. Lists never unseal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models.expressions import RawSQL
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import Agency
from fhir.content.compartments import Compartment
from referrals.masks import compartments_in
from referrals.models import Participation, Referral, ReferralTask, StepTaken
from referrals.policy.codes import DenyCode, denied
from referrals.services import chain, recording, showing, urgency
from referrals.services.gating import whole_place_of, works_with
from referrals.services.naming import referral_called
from referrals.services.rows import attach, select
from referrals.workflow import State

PAGE = 25
REQUESTED = RawSQL(f"'{State.REQUESTED.value}'", ())  # noqa: S611  a literal of our own: no parameter fits a partial index


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One line of a list: nothing that was sealed. ``ambulance``: "called", "answered", or "" if none was."""

    referral_id: UUID
    reference: str
    sender: str
    priority: str
    service_type: str
    at: datetime
    task: showing.ShownTask | None
    ambulance: str


def inbox(
    actor: Actor, *, waiting: bool = False, before: tuple[datetime, UUID] | None = None, size: int = PAGE
) -> list[InboxRow]:
    """What is before this actor's agency, newest first; ``before`` is the (time, id) of the last row seen.

    Raises ``Denied`` for a role without a worklist. One event.
    """
    if not actor.may(Capability.VIEW_INBOX):
        recording.refuse(actor, "referral.list", code=DenyCode.ROLE)
        raise denied(DenyCode.ROLE)
    rows = _places(actor, waiting=waiting, before=before, size=size)
    recording.record(actor, "referral.list")
    sent = _bring(actor, rows)
    told, sworn = showing.told_among(rows, at=timezone.now()), actor.sworn
    return [_row(row, row.task or sent.get(row.referral_id), told=row.referral_id in told, sworn=sworn) for row in rows]


def _places(actor: Actor, *, waiting: bool, before: tuple[datetime, UUID] | None, size: int) -> list[Participation]:
    """The rows behind ``inbox``: one index walk, whatever the size of the table."""
    found, now = Participation.objects.of(actor), timezone.now()
    # The literals make the partial index usable; what waits for an answer has no end yet.
    in_force = found.live(now).granted(actor, at=now)
    found = found.filter(until=None, status=REQUESTED) if waiting else in_force
    if before is not None:
        at, row_id = before
        found = found.filter(inbox_at__lte=at).exclude(inbox_at=at, id__gte=row_id)
    return list(found.order_by("-inbox_at", "-id")[:size])


def _bring(actor: Actor, rows: list[Participation]) -> dict[UUID, ReferralTask]:
    """Load what is shown beside the places. Returns the newest task the agency itself sent, by referral.

    Not by joins: each agency is on many rows of a page, and to sort by anything makes Django hash every column.
    """
    attach(Referral, (rows, "referral"))
    attach(ReferralTask, (rows, "task"))
    unasked = [row.referral_id for row in rows if row.task_id is None]
    sent = sorted(select(ReferralTask, referral_id=unasked, requester_id=actor.agency_id), key=lambda task: task.id)
    tasks = [*sent, *(row.task for row in rows if row.task)]
    attach(Agency, ([row.referral for row in rows], "origin"), (tasks, "requester"), (tasks, "owner"))
    return {task.referral_id: task for task in sent}


def history(actor: Actor, referral_id: UUID) -> list[showing.ShownStep]:
    """The steps this actor's agency may see, oldest first. Raises ``NotFound`` and ``Denied``, recorded."""
    target = chain.target(referral_id)
    with recording.refusals(actor, "referral.history", target=target):
        mine = whole_place_of(actor, referral_id)
    recording.record(actor, "referral.history", target=target, purpose=mine.purpose)
    steps = StepTaken.objects.filter(task__referral_id=referral_id).select_related("task", "task__owner", "agency")
    return list(showing.history(steps.order_by("at", "id"), mine.agency))


def _row(row: Participation, task: ReferralTask | None, *, told: bool, sworn: bool) -> InboxRow:
    urgent = urgency.shown(row.referral, sworn=sworn)
    return InboxRow(
        referral_id=row.referral_id,
        reference=row.referral.reference,
        sender=showing.sender_of(row),
        priority=urgent.priority,
        service_type=row.referral.service_type,
        at=row.inbox_at,
        task=showing.show(task, row.agency_id, told=told) if task else None,
        ambulance=urgent.ambulance,
    )


def at_home(actors: Sequence[Actor], referral_id: UUID) -> list[Actor]:
    """Which actors of one person have a place in the referral, or had one: by them it can be opened, or is refused
    with what may be kept. Nothing is said of agencies that are not theirs.
    """
    mine = {actor.agency_id for actor in actors}
    places = {row.agency_id: row for row in select(Participation, referral_id=referral_id, agency_id=list(mine))}
    return [each for each in actors if each.agency_id in places and works_with(each, places[each.agency_id])]


def find_referral(actor: Actor, spoken: str) -> UUID:
    """The id behind a reference number of this agency's, or an id as typed; whoever opens it asks whose it is.

    Raises ``NotFound``, recorded.
    """
    with recording.refusals(actor, "referral.find"):
        return referral_called(actor, spoken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a page that writes into a referral needs of it; nothing is opened.

    ``parts`` are those the actor's agency holds, whatever the actor's role opens of them; ``sender`` the agency that
    asked it, if one did.
    """

    id: UUID
    reference: str
    patient_id: UUID
    parts: frozenset[Compartment]
    sender: Agency | None


def glance(actor: Actor, referral_id: UUID, *, action: str = "referral.find") -> Glance:
    """A referral in which the actor has a place. Raises ``NotFound`` and ``Denied``, recorded as ``action``."""
    with recording.refusals(actor, action, target=chain.target(referral_id)):
        mine = whole_place_of(actor, referral_id)
        return Glance(
            id=referral_id,
            reference=mine.referral.reference,
            patient_id=mine.referral.folder.patient_id,
            parts=compartments_in(mine.mask),
            sender=mine.task.requester if mine.task else None,
        )
