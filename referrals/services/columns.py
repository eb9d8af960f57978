"""What columns alone say of a task or a request to one agency: for lists, and where nothing of it opens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from agencies.models import Agency
from referrals.models import Participation, Referral, ReferralTask, StepTaken
from referrals.workflow import FINAL, STEPS, Side

from . import showing, urgency
from .rows import attach

CLOSING = tuple(step.name for step in STEPS if step.side is Side.REQUESTER and step.to in FINAL)
"""The steps by which the agency a request began with ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task as one agency is shown it; nothing that was sealed."""

    shown: showing.ShownTask
    referral_id: UUID
    patient_id: UUID
    requester_id: UUID
    owner_id: UUID
    priority: str
    authored_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A referral as its columns tell it. ``sender_id`` is who put it to this agency, if anybody did.

    ``version`` and ``at`` are those of the request: its own first, and the one its agency closed it with.
    """

    id: UUID
    reference: str
    patient_id: UUID
    sender_id: UUID | None
    status: str
    priority: str
    service_type: str
    created_at: datetime
    version: int
    at: datetime


def task_rows(tasks: Collection[ReferralTask], agency_id: UUID) -> list[TaskRow]:
    """The rows of those tasks that this agency is a side of, in their order."""
    attach(Referral, (tasks, "referral"), along="folder")
    attach(Agency, (tasks, "requester"), (tasks, "owner"))
    shown = ((task, showing.show(task, agency_id, told=False)) for task in tasks)
    return [_task_row(task, view) for task, view in shown if view is not None]


def _task_row(task: ReferralTask, view: showing.ShownTask) -> TaskRow:
    viewer = task.requester if view.side is Side.REQUESTER else task.owner
    return TaskRow(
        shown=view,
        referral_id=task.referral_id,
        patient_id=task.referral.folder.patient_id,
        requester_id=task.requester_id,
        owner_id=task.owner_id,
        priority=urgency.shown(task.referral, sworn=viewer.sworn).priority,
        authored_at=task.authored_at,
    )


def request_rows(places: Collection[Participation]) -> list[RequestRow]:
    """The rows of the referrals that one agency has these places in, in their order."""
    attach(Referral, (places, "referral"), along="folder")
    attach(ReferralTask, (places, "task"))
    referrals, tasks = [place.referral for place in places], [place.task for place in places if place.task]
    attach(Agency, (places, "agency"), (referrals, "origin"), (tasks, "requester"))
    closed = closed_at([each.pk for each in referrals if each.status != "active"])
    return [_request_row(place, closed.get(place.referral_id)) for place in places]


def closed_at(referral_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When the agencies that these requests began with closed them."""
    if not referral_ids:
        return {}
    steps = StepTaken.objects.filter(
        task__referral_id__in=referral_ids, name__in=CLOSING, agency_id=F("task__referral__origin_id")
    )
    return dict(steps.order_by("at").values_list("task__referral_id", "at"))


def _request_row(place: Participation, closed: datetime | None) -> RequestRow:
    referral = place.referral
    said = showing.sender_of(place)
    senders = (place.task.requester if place.task else None, referral.origin)
    return RequestRow(
        id=referral.pk,
        reference=referral.reference,
        patient_id=referral.folder.patient_id,
        sender_id=next((each.id for each in senders if each is not None and each.slug == said), None),
        status=referral.status,
        priority=urgency.shown(referral, sworn=place.agency.sworn).priority,
        service_type=referral.service_type,
        created_at=referral.created_at,
        version=1 if closed is None else 2,
        at=closed or referral.created_at,
    )
