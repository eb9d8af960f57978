"""Who may be told of a notice now. Asked when it is addressed, again when it is sent, and again when it is listed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.models import Agency, Membership
from agencies.roles import Role
from agencies.services import actor_for
from referrals.models import Notice, Participation, Referral
from referrals.notices import timing
from referrals.notices.models import Call
from referrals.notices.saying import ALWAYS_URGENT, ASKED_NEXT, CALL_THEM, CALLS, COVER_ASKED, NOT_ASKED, UNNUMBERED
from referrals.projection import Coarse, shown_at
from referrals.services.gating import granted_now, works, works_with
from referrals.services.rows import select

from . import coverages

FOR_POLICE_THAT_ASKED = frozenset(map(str, Coarse)) | {CALL_THEM, ASKED_NEXT, NOT_ASKED, "put-off-not-done"}
"""What a police unit hears of a task it asked for: its coarse view, whom to call, and what became of its own wish."""

URGENT_LEVELS = frozenset({"stat", "asap", "urgent"})


def is_urgent(notice: Notice, *, sworn: bool) -> bool:
    """Whether a notice goes out at any hour; to police by what they are shown of the referral."""
    if notice.code in ALWAYS_URGENT or notice.referral is None or notice.code in UNNUMBERED:
        return notice.code in ALWAYS_URGENT
    return (notice.referral.said_priority if sworn else notice.referral.priority) in URGENT_LEVELS


def named(notice: Notice) -> Referral | None:
    """The referral that a notice may name to its reader; ``None`` for one that is about none, or does not say which."""
    return None if notice.code in UNNUMBERED else notice.referral


def actor_of(membership: Membership | None) -> Actor | None:
    """The actor a membership makes now, if it makes one."""
    if membership is None:
        return None
    try:
        return actor_for(membership)
    except AgencyError:
        return None


def told_at(notice: Notice, agency: Agency) -> datetime:
    """When it happened, as ``agency`` is shown it: to police that asked, what follows their first hop by its day."""
    asked = notice.task is not None and notice.task.requester_id == agency.pk
    if not (agency.sworn and asked and notice.code in set(Coarse)):
        return notice.created_at
    return shown_at(notice.created_at, coarse=Coarse(notice.code), zone=agency.time_zone)


def held_until(notice: Notice, agency: Agency) -> datetime | None:
    """When police that asked are told of what they are told only the day of; ``None`` for what is told at once."""
    return timing.held_until(notice.created_at, shown=told_at(notice, agency), zone=agency.time_zone)


def concerns(notice: Notice, agency: Agency, place: Participation | None, *, at: datetime) -> bool:
    """Whether ``agency``, whose part in the referral is ``place``, is still to be told; whom of it is another question.

    A part that ended is told of that, and of nothing from before it: what was to be said then is overtaken. So is the
    asking to cover somebody, once that was confirmed or ended.
    """
    if notice.code == COVER_ASKED:
        return coverages.waiting(notice) is not None
    if notice.role:
        return True
    if place is None or not (place.until is None or place.until > at or notice.created_at >= place.until):
        return False
    asked = notice.task is not None and notice.task.requester_id == agency.pk
    return not (agency.sworn and asked) or notice.code in FOR_POLICE_THAT_ASKED


def may_be_told(actor: Actor, notice: Notice, place: Participation | None, *, at: datetime) -> bool:
    """Whether this actor of an agency that is to be told is one to tell: of the office it is for, or at work on it."""
    if notice.agency_id != actor.agency_id:
        return False
    if notice.role:
        return actor.role is Role(notice.role)
    return place is not None and works(actor) and works_with(actor, place) and granted_now(actor, place, at=at)


def places_of(notices: Iterable[Notice]) -> Mapping[tuple[UUID | None, UUID], Participation]:
    """The part each agency that is told has in its referral, by referral and agency; one query."""
    wanted = [notice for notice in notices if notice.referral_id is not None]
    rows = select(
        Participation,
        referral_id={notice.referral_id for notice in wanted},
        agency_id={notice.agency_id for notice in wanted},
    )
    return {(row.referral_id, row.agency_id): row for row in rows}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who belongs to an agency, and what they may do there."""

    membership: Membership
    actor: Actor


def people_of(agency_id: UUID, *, at: datetime) -> list[Person]:
    """The people who belong to an agency now; a partner's system is none."""
    live = Membership.objects.live(at).filter(agency_id=agency_id, user__isnull=False)
    rows = live.select_related("agency", "user").order_by("id")
    found = ((row, actor_of(row)) for row in rows)
    return [Person(row, actor) for row, actor in found if actor is not None]


def is_shared(notice: Notice, *, sworn: bool) -> bool:
    """Whether all of an agency may know of it: not what is for one office, nor a police unit's, whose officers see only
    what they began themselves (R-P2-02).
    """
    return not notice.role and not sworn


def called(notice: Notice) -> UUID | None:
    """Whom the ladder calls by this notice, if it does."""
    if notice.code not in CALLS:
        return None
    return Call.objects.filter(notice=notice).values_list("membership_id", flat=True).first()


def is_open_to_all(notice: Notice, agency: Agency) -> bool:
    """Whether what all of an agency reads, its mailbox or its own system, may bring ``notice`` now."""
    return agency.is_active and agency.connected and is_shared(notice, sworn=agency.sworn)
