"""Approving how long something is kept: two offices, two people, the same period and the same authority."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Agency
from agencies.offices import Office
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.retention.errors import SamePerson
from referrals.retention.models import Schedule
from referrals.retention.schedule import ACTING, Category, Period
from referrals.services import recording
from referrals.services.offices import office_of

from .offices import person_of

LONGEST = 160
COLUMNS: Mapping[Office, tuple[str, str]] = {
    Office.RECORDS: ("records_by_id", "records_at"),
    Office.PRIVACY: ("privacy_by_id", "privacy_at"),
}


def approve_schedule(actor: Actor, *, category: Category, authority: str, period: Period | None = None) -> Schedule:
    """Approve, in the actor's office, that ``category`` is kept for ``period`` (else the default) by ``authority``.

    In force once records officer and privacy officer have approved the very same; what was in force before stays so
    until then. Another period or authority is a new proposal, which the other officer must approve again.
    Raises ``Denied`` for any other role, ``SamePerson``, ``Invalid`` for a category nothing acts on.
    """
    with recording.one_act(actor, "retention.approve"):
        office, person = office_of(actor), person_of(actor)
        wanted = Schedule(
            agency_id=actor.agency_id,
            category=_acting(category).value,
            authority=_named(authority),
            years=(period or ACTING[category].period).years,
            days=(period or ACTING[category].period).days,
        )
        lock([actor.agency_id])
        now = timezone.now()
        row = _proposal(wanted, now) or wanted
        _sign(row, office, person, now)
        recording.record(actor, "retention.approve", target=f"Schedule/{row.id}", code=f"{office}:{category}")
    return row


def lock(agency_ids: Iterable[UUID]) -> None:
    """Let nobody else approve, hold or delete for these agencies until the transaction ends.

    Not a full lock: rows that refer to the agency are written meanwhile.
    """
    rows = Agency.objects.select_for_update(no_key=True).filter(pk__in=list(agency_ids))
    list(rows.order_by("pk").values_list("pk", flat=True))


def in_force(agency_ids: Iterable[UUID]) -> dict[UUID, dict[Category, Schedule]]:
    """The approved lines of these agencies, by agency and category."""
    found: dict[UUID, dict[Category, Schedule]] = defaultdict(dict)
    for row in Schedule.objects.in_force().filter(agency_id__in=set(agency_ids)):
        found[row.agency_id][Category(row.category)] = row
    return dict(found)


def _acting(category: Category) -> Category:
    if category not in ACTING:
        names = ", ".join(ACTING)
        raise Invalid([error("value", "category", f"nothing is deleted of this kind yet; approve one of: {names}")])
    return category


def _named(authority: str) -> str:
    """The source as it will stand in certificates. Raises ``Invalid``."""
    name = " ".join(authority.split())
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise Invalid([error("value", "authority", f"must name the source in 1 to {LONGEST} characters")])
    return name


def _proposal(wanted: Schedule, now: datetime) -> Schedule | None:
    """The standing proposal that says the same; any other one is set aside."""
    same = {"years": wanted.years, "days": wanted.days, "authority": wanted.authority}
    standing = Schedule.objects.filter(agency_id=wanted.agency_id, category=wanted.category, replaced_at=None)
    standing.proposed().exclude(**same).update(replaced_at=now)
    return standing.filter(**same).first()


def _sign(row: Schedule, office: Office, person: UUID, now: datetime) -> None:
    """Enter one approval; an office that has approved already changes nothing. Raises ``SamePerson``."""
    by, at = COLUMNS[office]
    others = {getattr(row, other) for other, _at in COLUMNS.values() if other != by}
    if person in others:
        raise SamePerson
    if getattr(row, by) is not None:
        return
    setattr(row, by, person)
    setattr(row, at, now)
    if row.records_by_id and row.privacy_by_id:
        Schedule.objects.in_force().filter(agency_id=row.agency_id, category=row.category).exclude(pk=row.pk).update(
            replaced_at=now
        )
    row.save()
