"""The list of notices on our own pages: what is new for one person, in all their places."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agencies.actor import Actor
from agencies.roles import Role
from referrals.models import Notice, Participation, ReferralTask
from referrals.notices.kinds import Channel, Status
from referrals.notices.models import Acknowledgement, CoverAsked, Delivery
from referrals.notices.saying import COVER_ASKED, TO_DECIDE, leads_to, sentence
from referrals.services import recording
from referrals.workflow import State

from . import coverages, standing

PAGE = 50
WITH = ("notice__referral", "notice__task__owner", "notice__cover_asked__coverage__covered", "agency")
FOR_ADMINS = frozenset({TO_DECIDE, COVER_ASKED})
"""What leads an administrator to a page; to an alert or a referral none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One notice as its reader sees it. ``call`` is the number of who was asked, where nobody of theirs answers;
    ``asks``: it waits for "we have it". ``leads_to``: the page of the place that it leads to, "" for the referral.
    ``covered``: the agency that asks to be covered, by name.
    """

    id: UUID
    actor: Actor
    referral_id: UUID | None
    task_id: UUID | None
    reference: str
    says: str
    urgent: bool
    at: datetime
    new: bool
    leads_to: str = ""
    call: str = ""
    asks: bool = False
    covered: str = ""


def unseen(actors: Sequence[Actor]) -> int:
    """How many notices these places have not seen yet, without those from before the end of their part, or which ask
    to cover somebody and were answered.
    """
    if not actors:
        return 0
    ended = Participation.objects.filter(
        referral_id=OuterRef("referral_id"),
        agency_id=OuterRef("agency_id"),
        until__lte=timezone.now(),
        until__gt=OuterRef("notice__created_at"),
    )
    waiting = CoverAsked.objects.filter(coverage__confirmed_at=None, coverage__ended_at=None)
    asked = waiting.filter(notice=OuterRef("notice_id"))
    current = (~Q(notice__role="") | ~Exists(ended)) & (~Q(notice__code=COVER_ASKED) | Exists(asked))
    return _of(actors).filter(current, seen_at=None).count()


def lines(actors: Sequence[Actor], *, size: int = PAGE) -> list[Line]:
    """The newest notices of one person's places that they may still be told of; one event for each agency."""
    now = timezone.now()
    by_membership = {actor.membership_id: actor for actor in actors}
    rows = list(_of(actors).select_related(*WITH).order_by("-created_at")[:size])
    places = standing.places_of([row.notice for row in rows])
    for actor in actors:
        recording.record(actor, "notice.list")
    found = []
    for row in rows:
        actor, notice = by_membership[_member(row)], row.notice
        place = places.get((notice.referral_id, notice.agency_id))
        if standing.concerns(notice, row.agency, place, at=now) and standing.may_be_told(actor, notice, place, at=now):
            found.append((row, actor))
    said = set(Acknowledgement.objects.filter(task__in=[row.notice.task_id for row, _ in found if row.notice.task_id])
               .values_list("task_id", flat=True))  # fmt: skip
    return [_line(row, actor, said) for row, actor in found]


def see(actors: Sequence[Actor], ids: Collection[UUID]) -> int:
    """Note that these notices of one's own were seen. Returns how many were new."""
    return _of(actors).filter(pk__in=ids, seen_at=None).update(seen_at=timezone.now())


def _of(actors: Sequence[Actor]) -> QuerySet[Delivery]:
    mine = [actor.membership_id for actor in actors]
    shown = Delivery.objects.filter(channel=Channel.PAGE.value, status=Status.SENT.value, due_at__lte=timezone.now())
    return shown.filter(membership__in=mine)


def _member(row: Delivery) -> UUID:
    assert row.membership_id is not None  # noqa: S101  asked for by membership
    return row.membership_id


def _line(row: Delivery, actor: Actor, said: Collection[UUID]) -> Line:
    notice: Notice = row.notice
    referral, task, cover = standing.named(notice), notice.task, coverages.waiting(notice)
    return Line(
        id=row.pk,
        actor=actor,
        referral_id=referral.pk if referral else None,
        task_id=task.pk if task else None,
        reference=referral.reference if referral else "",
        leads_to=_leads_to(notice, actor.role),
        says=sentence(notice.code),
        urgent=row.urgent,
        at=row.created_at,
        new=row.seen_at is None,
        call=_number(task) if task and _waits(task) and task.requester_id == actor.agency_id else "",
        asks=bool(task and _waits(task) and task.owner_id == actor.agency_id and task.pk not in said),
        covered=cover.covered.name if cover else "",
    )


def _leads_to(notice: Notice, role: Role) -> str:
    """The page of the reader's place: a privacy officer has a desk and no referral's page, an admin the reviews."""
    if role is Role.PRIVACY_OFFICER:
        return leads_to(notice.code) or "referrals:desk"
    return leads_to(notice.code) if role is Role.AGENCY_ADMIN and notice.code in FOR_ADMINS else ""


def _waits(task: ReferralTask) -> bool:
    return task.status == State.REQUESTED.value


def _number(task: ReferralTask) -> str:
    return task.owner.phone
