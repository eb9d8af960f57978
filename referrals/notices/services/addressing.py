"""From notices to deliveries: one row for each recipient and channel, in the transaction that closes the notice.

A process that dies on its way leaves the notice as it was, and the next one does it again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agencies.models import Agency, Membership
from audit.uuid7 import uuid7
from referrals.models import Notice, Participation
from referrals.notices.addressing import Address, Reader, Ways, addresses
from referrals.notices.kinds import Channel, Problem, Status, Wish
from referrals.notices.models import Delivery, Preference, Reach, Shift, Webhook
from referrals.notices.oncall import Turn, on_call
from referrals.notices.timing import GIVES_UP, after_quiet

from . import standing

log = structlog.stdlib.get_logger("notices")
BATCH = 100


def address_all(*, most: int = 100) -> int:
    """Address what waits, the oldest first, in at most so many batches. Returns how many notices were closed."""
    done = 0
    for _ in range(most):
        closed = address()
        done += closed
        if closed < BATCH:
            break
    return done


def address() -> int:
    """One batch, in a transaction of its own. Returns how many notices were closed."""
    now = timezone.now()
    with transaction.atomic():
        batch = _claimed()
        room = Room.of(batch)
        for notice in batch:
            _one(notice, room, at=now)
    return len(batch)


def _claimed() -> list[Notice]:
    """The oldest that nobody else has, without those that come after one another process has of the same referral."""
    waiting = Notice.objects.filter(addressed_at=None)
    mine = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("id")
    rows = list(mine.select_related("referral", "task", "cover_asked__coverage")[:BATCH])
    others = waiting.filter(referral__in={row.referral_id for row in rows}).exclude(pk__in=[row.pk for row in rows])
    earliest = dict(others.order_by("-id").values_list("referral_id", "pk"))  # the first of each comes last, and stays
    return [row for row in rows if row.referral_id not in earliest or row.pk < earliest[row.referral_id]]


@dataclass(slots=True)
class Room:
    """What addressing one batch asks of agencies and people, once each."""

    places: Mapping[tuple[UUID | None, UUID], Participation]
    agencies: Mapping[UUID, Agency]
    members: dict[UUID, list[standing.Person]] = field(default_factory=dict)
    ways: dict[UUID, tuple[Ways, tuple[Turn, ...]]] = field(default_factory=dict)
    wishes: dict[UUID, Preference] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: list[Notice]) -> "Room":
        """For these notices."""
        agencies = Agency.objects.in_bulk({notice.agency_id for notice in batch})
        return cls(places=standing.places_of(batch), agencies=agencies)

    def people(self, agency_id: UUID, at: datetime) -> list[standing.Person]:
        """Everybody who belongs to the agency now."""
        if agency_id not in self.members:
            self.members[agency_id] = standing.people_of(agency_id, at=at)
            users = [person.membership.user_id for person in self.members[agency_id]]
            self.wishes |= {wish.user_id: wish for wish in Preference.objects.filter(user__in=users)}
        return self.members[agency_id]

    def reader(self, row: Membership) -> Reader:
        """Somebody, with what they wish. Without a gateway nobody has a telephone."""
        wish = self.wishes.get(row.user_id) if row.user_id else None
        if wish is None:
            return Reader(membership_id=row.pk)
        return Reader(
            membership_id=row.pk,
            mail=Wish(wish.mail) if wish.mail else None,
            text=Wish(wish.text),
            phone=wish.phone if settings.BHU_TEXT_URL else "",
        )

    def after_quiet(self, row: Membership | None, at: datetime) -> datetime:
        """``at``, or when this person's quiet hours end; a mailbox and a system have none."""
        wish = self.wishes.get(row.user_id) if row and row.user_id else None
        if row is None or wish is None:
            return at
        zone = self.agencies[row.agency_id].time_zone
        return after_quiet(at, zone=zone, begins=wish.quiet_begins, ends=wish.quiet_ends)

    def ways_of(self, agency_id: UUID, at: datetime) -> Ways:
        """How the agency is reached at ``at``."""
        if agency_id not in self.ways:
            self.ways[agency_id] = _ways(agency_id)
        ways, turns = self.ways[agency_id]
        called = on_call(turns, at=at, zone=self.agencies[agency_id].time_zone)
        return Ways(mailbox=ways.mailbox, webhooks=ways.webhooks, on_call=called)


def turns_of(agency_id: UUID) -> tuple[Turn, ...]:
    """The rota of an agency, of those who still belong to it."""
    live = Membership.objects.live(timezone.now()).filter(agency_id=agency_id)
    rows = Shift.objects.filter(agency_id=agency_id, membership__in=live)
    return tuple(
        Turn(membership_id=row.membership_id, place=row.place, days=row.days, begins=row.begins, ends=row.ends)
        for row in rows
    )


def _ways(agency_id: UUID) -> tuple[Ways, tuple[Turn, ...]]:
    mailbox = Reach.objects.filter(agency_id=agency_id).exclude(mailbox="").exists()
    hooks = Webhook.objects.filter(agency_id=agency_id, ended_at=None).order_by("id").values_list("pk", flat=True)
    return Ways(mailbox=mailbox, webhooks=tuple(hooks)), turns_of(agency_id)


def _one(notice: Notice, room: Room, *, at: datetime) -> None:
    """Close one notice. One that cannot be is shown as having reached nobody, and holds no other up."""
    try:
        with transaction.atomic():
            rows = _deliveries(notice, room, at=at)
            Delivery.objects.bulk_create(rows, ignore_conflicts=True)
            _hurry(notice, rows, at=at)
            _close(notice, at)
    except Exception:
        log.exception("notice not addressed", notice=str(notice.pk))
        agency = room.agencies[notice.agency_id]
        with transaction.atomic():
            dead = _ended(notice, Status.DEAD, Problem.FAULT, agency, at)
            Delivery.objects.bulk_create([dead], ignore_conflicts=True)
            _close(notice, at)


def _close(notice: Notice, at: datetime) -> None:
    Notice.objects.filter(pk=notice.pk).update(addressed_at=at)


def _deliveries(notice: Notice, room: Room, *, at: datetime) -> list[Delivery]:
    agency = room.agencies[notice.agency_id]
    if not agency.connected:
        return []  # off the network: nobody there reads anything here, and the ladder tells who asked
    place = room.places.get((notice.referral_id, notice.agency_id))
    if not standing.concerns(notice, agency, place, at=at):
        return [_ended(notice, Status.VOID, Problem.NOT_ALLOWED, agency, at)]
    members = {
        person.membership.pk: person.membership
        for person in room.people(agency.pk, at)
        if standing.may_be_told(person.actor, notice, place, at=at)
    }
    urgent, called = standing.is_urgent(notice, sworn=agency.sworn), standing.called(notice)
    found = addresses(
        [room.reader(row) for row in members.values()],
        room.ways_of(agency.pk, at),
        agency_id=agency.pk,
        urgent=urgent,
        shared=standing.is_shared(notice, sworn=agency.sworn),
        called=called,
    )
    if not found:
        return [_ended(notice, Status.DEAD, Problem.NOBODY, agency, at)]
    return [_delivery(notice, each, members.get(each.to), room, urgent=urgent or bool(called), at=at) for each in found]


def _delivery(
    notice: Notice, address: Address, member: Membership | None, room: Room, *, urgent: bool, at: datetime
) -> Delivery:
    on_page, agency = address.channel is Channel.PAGE, room.agencies[notice.agency_id]
    held = standing.held_until(notice, agency)
    due = held or (at if urgent or on_page else room.after_quiet(member, at))
    return Delivery(
        id=uuid4() if held else uuid7(),  # a mail names it, and an id that is in order tells its minute
        notice=notice,
        referral_id=notice.referral_id,
        agency_id=notice.agency_id,
        membership=member,
        webhook_id=address.to if address.channel is Channel.HOOK else None,
        channel=address.channel.value,
        to=address.to,
        urgent=urgent and not held,
        status=(Status.SENT if on_page else Status.WAITING).value,
        created_at=standing.told_at(notice, agency),
        due_at=due,
        gives_up_at=due + GIVES_UP,
        ended_at=at if on_page else None,
    )


def _ended(notice: Notice, status: Status, problem: Problem, agency: Agency, at: datetime) -> Delivery:
    """What stands for a notice that goes to nobody: it is seen, and either wanted or not."""
    return Delivery(
        notice=notice,
        referral_id=notice.referral_id,
        agency=agency,
        channel=Channel.PAGE.value,
        to=agency.pk,
        urgent=standing.is_urgent(notice, sworn=agency.sworn),
        status=status.value,
        problem=problem.value,
        created_at=standing.told_at(notice, agency),
        due_at=at,
        gives_up_at=at,
        ended_at=at,
    )


def _hurry(notice: Notice, rows: Iterable[Delivery], *, at: datetime) -> None:
    """What is urgent does not wait behind what quiet hours keep back, and does not overtake it: that goes now, too."""
    for row in rows:
        if row.urgent and row.status == Status.WAITING:
            earlier = Delivery.objects.filter(
                Q(notice_id__lt=notice.pk), referral_id=row.referral_id, channel=row.channel, to=row.to,
                status=Status.WAITING.value, tries=0,
            )  # fmt: skip
            earlier.update(due_at=at)
