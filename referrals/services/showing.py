"""What one agency is shown of a task: its own side truly, and a sworn sender the coarse view (docs/permissions.md)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from agencies.models import Agency
from referrals.consents.models import Restriction
from referrals.models import Participation, ReferralTask, StepTaken
from referrals.projection import COARSE, FIRST_HOP, RETRACTABLE, STATUS, TOLD, WORDS, shown_at, shown_reason
from referrals.reasons import REASONS
from referrals.workflow import LABELS, RETRACTING, Side, State, Step, steps_from

from . import consented
from .rows import select


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTask:
    """A task as one agency may see it. ``label`` and ``reason_text`` are marked for translation, not translated."""

    id: UUID
    side: Side
    requester: str
    requester_name: str
    requester_phone: str
    owner: str
    owner_name: str
    owner_phone: str
    owner_connected: bool
    status: str
    business_status: str
    label: str
    reason: str
    reason_text: str
    version: int
    changed_at: datetime
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """One line of the history, as one agency may see it."""

    task_id: UUID
    owner: str
    name: str
    status: str
    reason: str
    by: str
    how: str
    at: datetime


def sender_of(place: Participation) -> str:
    """Who put the referral to this agency, "" if nobody did: it was let in, and not always by the agency it began with.

    Nobody is told of the agencies before: an offer does not say "police".
    """
    if place.task:
        return place.task.requester.slug
    return place.referral.origin.slug if place.referral.origin_id == place.agency_id else ""


def side_of(task: ReferralTask, agency_id: UUID) -> Side | None:
    """Which side of ``task`` an agency is on; ``None`` for neither."""
    return {task.owner_id: Side.OWNER, task.requester_id: Side.REQUESTER}.get(agency_id)


def state_shown(task: ReferralTask, side: Side) -> State:
    """The state this side is shown. Its steps depend on nothing else, so that a refusal gives nothing away."""
    state = State(task.status)
    return STATUS[COARSE[state]] if side is Side.REQUESTER and task.requester.sworn else state


def steps_shown(task: ReferralTask, side: Side) -> tuple[Step, ...]:
    """The steps this side may take of ``task``, as far as its state is shown to it; not all of them at once.

    A police unit may ask to cancel what somebody took on, and end it no more: the record is not its own (R-P2-03).
    """
    shown = state_shown(task, side)
    steps = steps_from(shown, side)
    if side is Side.REQUESTER and task.requester.sworn and COARSE[shown] not in RETRACTABLE:
        return tuple(step for step in steps if step.name not in RETRACTING)
    return steps


def told_among(places: Iterable[Participation], *, at: datetime) -> frozenset[UUID]:
    """Of which referrals the client lets these police units know how it went, and asked no restriction (R-P2-06).

    By their ids; one query for all of them, and none where nobody is told.
    """
    named = {place.referral_id for place in places if _is_named(place, at=at)}
    return frozenset(named - {row.referral_id for row in select(Restriction, referral_id=named) if row.stands})


def is_told(place: Participation, restrictions: Iterable[Restriction], *, at: datetime) -> bool:
    """The same of one place, where what was asked to restrict its referral is at hand."""
    return _is_named(place, at=at) and not consented.restricted(restrictions)


def _is_named(place: Participation, *, at: datetime) -> bool:
    return place.outcome_until is not None and place.outcome_until > at


def show(task: ReferralTask, agency_id: UUID, *, told: bool) -> ShownTask | None:
    """The task for this agency, ``None`` if it is on neither side. Requester and owner must be loaded.

    ``told``: a sworn sender is named in a consent, and reads what it lets him.
    """
    side = side_of(task, agency_id)
    if side is None:
        return None
    if side is Side.REQUESTER and task.requester.sworn:
        return _coarse(task, told=told)
    state = State(task.status)
    return ShownTask(
        id=task.id,
        side=side,
        **_agencies(task),
        status=task.status,
        business_status=task.business_status,
        label=LABELS[state, side],
        reason=task.reason,
        reason_text=REASONS[task.reason].text if task.reason else "",
        version=task.version,
        changed_at=task.changed_at,
        steps=tuple(step.name for step in steps_shown(task, side)),
    )


class _Agencies(TypedDict):
    requester: str
    requester_name: str
    requester_phone: str
    owner: str
    owner_name: str
    owner_phone: str
    owner_connected: bool


def _agencies(task: ReferralTask) -> _Agencies:
    """Both sides as the directory has them."""
    return {
        "requester": task.requester.slug,
        "requester_name": task.requester.name,
        "requester_phone": task.requester.phone,
        "owner": task.owner.slug,
        "owner_name": task.owner.name,
        "owner_phone": task.owner.phone,
        "owner_connected": task.owner.connected,
    }


def _coarse(task: ReferralTask, *, told: bool) -> ShownTask:
    coarse = COARSE[State(task.status)]
    reason = shown_reason(task.reason) if coarse in FIRST_HOP else ""
    return ShownTask(
        id=task.id,
        side=Side.REQUESTER,
        **_agencies(task),
        status=state_shown(task, Side.REQUESTER).value,
        business_status="",
        label=TOLD[State(task.status)] if told else WORDS[coarse],
        reason=reason,
        reason_text=REASONS[reason].text if reason else "",
        version=task.coarse_version,
        changed_at=task.coarse_at,
        steps=_coarse_steps(task),
    )


def _coarse_steps(task: ReferralTask) -> tuple[str, ...]:
    """A sworn sender's buttons depend on the coarse state alone, so that they give nothing away."""
    return tuple(step.name for step in steps_shown(task, Side.REQUESTER) if step.after is None)


def history(steps: Iterable[StepTaken], agency: Agency) -> Iterator[ShownStep]:
    """The steps of tasks this agency is on a side of, oldest first; a sworn sender's folded to his coarse view."""
    for step in steps:
        side = side_of(step.task, agency.id)
        if side is None:
            continue
        if side is Side.REQUESTER and agency.sworn:
            yield from _coarse_step(step, agency)
        else:
            yield ShownStep(
                task_id=step.task_id,
                owner=step.task.owner.slug,
                name=step.name,
                status=step.to_status,
                reason=step.reason,
                by=step.agency.slug if side_of(step.task, step.agency_id) else "",
                how=step.how,
                at=step.at,
            )


def _coarse_step(step: StepTaken, agency: Agency) -> Iterator[ShownStep]:
    before = COARSE[State(step.from_status)] if step.from_status else None
    after = COARSE[State(step.to_status)]
    if before is after:
        return
    first_hop = after in FIRST_HOP
    yield ShownStep(
        task_id=step.task_id,
        owner=step.task.owner.slug,
        name=after.value,
        status=STATUS[after].value,
        reason=shown_reason(step.reason) if first_hop else "",
        by=step.agency.slug if first_hop else step.task.owner.slug,
        how="",
        at=shown_at(step.at, coarse=after, zone=agency.time_zone),
    )
