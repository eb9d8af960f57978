"""The weekly review of an agency's part of the log (CJIS AU-6): what there was, and that it was looked through.

Weeks begin on Monday, in the agency's own zone.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from agencies.actor import Actor
from agencies.models import Agency
from audit.models import AuditEvent
from audit.uuid7 import moment, uuid7_floor
from fhir.content.issues import error
from referrals.desk.models import WeekReviewed
from referrals.errors import IllegalStep, Invalid
from referrals.services import recording
from referrals.services.offices import require_privacy_officer
from referrals.workflow import gettext_noop as _

WEEK = timedelta(days=7)
LONGEST_QUEUE = 12
"""Weeks that are shown. What is older and was not reviewed stays so: a mark made months later says nothing."""

GROUPS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "opened": (_("Referrals opened"), (
        "referral.open", "referral.review", "resource.", "emergency.read", "safety.read", "legal.open",
    )),
    "taken": (_("Printed, copied, downloaded"), ("referral.print", "referral.copy", "referral.download")),
    "sought": (_("Clients looked up"), ("client.find",)),
    "emergency": (_("Emergency access"), ("emergency.",)),
    "signin": (_("Signing in"), ("signin.",)),
    "members": (_("Members, roles, keys, agreements"), (
        "membership.", "role.", "invitation.", "keys.", "agreement.", "sso.", "smart.", "agency.",
    )),
    "log": (_("The log was read"), ("audit.", "alert.", "incident.", "complaint.", "week.", "desk.", "review.")),
}  # fmt: skip
"""What a week is counted by: a name, words, and how the actions of it begin. All else is ``other``."""
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week that is over. ``reviewed_at`` is ``None`` for one nobody looked through."""

    monday: date
    sunday: date
    reviewed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How often something of a group was done, and how often it was refused or did not work."""

    group: str
    words: str
    done: int
    refused: int


def queue(actor: Actor, *, zone: ZoneInfo | None = None) -> list[Week]:
    """The last weeks that are over, the oldest first. Raises ``Denied``; what shows it records it.

    ``zone`` is the agency's, if the caller has it at hand.
    """
    require_privacy_officer(actor)
    zone = zone or _zone(actor)
    first = AuditEvent.objects.filter(agency=str(actor.agency_id)).order_by("id").values_list("id", flat=True).first()
    last = monday_of(timezone.now().astimezone(zone).date()) - WEEK
    begun = monday_of(moment(first).astimezone(zone).date()) if first else last + WEEK
    mondays = [last - WEEK * back for back in range(LONGEST_QUEUE) if last - WEEK * back >= begun]
    done = dict(
        WeekReviewed.objects.filter(agency_id=actor.agency_id, week__in=mondays).values_list("week", "reviewed_at")
    )
    return [
        Week(monday=monday, sunday=monday + WEEK - timedelta(1), reviewed_at=done.get(monday))
        for monday in reversed(mondays)
    ]


def counted(actor: Actor, monday: date) -> list[Line]:
    """What there was in one week, by group; one event. Raises ``Denied``, ``Invalid`` for a day that is no Monday."""
    with recording.refusals(actor, "week.read"):
        require_privacy_officer(actor)
        since, until = _bounds(actor, monday)
    recording.record(actor, "week.read", code=monday.isoformat())
    rows = AuditEvent.objects.filter(
        agency=str(actor.agency_id), id__gte=uuid7_floor(since), id__lt=uuid7_floor(until)
    ).values_list("action", "outcome")
    done, refused = Counter[str](), Counter[str]()
    for action, outcome, many in rows.annotate(many=Count("id")).order_by():
        (done if outcome == "0" else refused)[group_of(action)] += many
    return [
        Line(group=group, words=words, done=done[group], refused=refused[group])
        for group, words in [*((name, row[0]) for name, row in GROUPS.items()), (OTHER, _("Everything else"))]
    ]


def review(actor: Actor, monday: date) -> None:
    """Say that a week was looked through. Raises ``Denied``, ``Invalid``, ``IllegalStep`` for one that was already."""
    with recording.one_act(actor, "week.review"):
        require_privacy_officer(actor)
        _since, until = _bounds(actor, monday)
        if until > timezone.now():
            raise Invalid([error("value", "week", "must be over")])
        row = WeekReviewed(agency_id=actor.agency_id, week=monday, reviewed_by=actor.membership_id)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise IllegalStep(name="review", state="reviewed", allowed=(), what="the week") from None
        recording.record(actor, "week.review", code=monday.isoformat())


def group_of(action: str) -> str:
    """The group an action is counted in."""
    return next((name for name, (_words, begins) in GROUPS.items() if action.startswith(begins)), OTHER)


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _bounds(actor: Actor, monday: date) -> tuple[datetime, datetime]:
    if monday.weekday():
        raise Invalid([error("value", "week", "must be a Monday")])
    if monday > date.max - WEEK:
        raise Invalid([error("value", "week", "must be over")])
    zone = _zone(actor)
    return datetime.combine(monday, time(), zone), datetime.combine(monday + WEEK, time(), zone)


def _zone(actor: Actor) -> ZoneInfo:
    return ZoneInfo(Agency.objects.values_list("time_zone", flat=True).get(pk=actor.agency_id))
