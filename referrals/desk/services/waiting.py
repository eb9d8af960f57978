"""What waits for a privacy officer, in one look and one event: nothing sealed is opened for it."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce

from agencies.actor import Actor
from agencies.models import Agency
from referrals.desk.kinds import AlertState, IncidentState
from referrals.desk.models import Alert, Complaint, Incident
from referrals.emergencies.models import EmergencyAccess
from referrals.services import recording
from referrals.services.offices import require_privacy_officer

from . import incidents, reviews, weeks


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much of each kind, and of incidents and emergencies which, the most pressing first.

    ``reviews``: how many wait for an answer, and how many are open now.
    """

    alerts: int
    weeks: int
    incidents: tuple[incidents.ShownIncident, ...]
    complaints: int
    reviews: tuple[int, int]
    emergencies: tuple[EmergencyAccess, ...]


def what_waits(actor: Actor, *, zone: ZoneInfo) -> Waiting:
    """All of the actor's agency that is not done yet; one event. Raises ``Denied`` for all but a privacy officer."""
    with recording.refusals(actor, "desk.read"):
        require_privacy_officer(actor)
    recording.record(actor, "desk.read")
    open_now = Incident.objects.visible_to(actor).exclude(state=IncidentState.CLOSED.value)
    emergencies = EmergencyAccess.objects.filter(agency_id=actor.agency_id, reviewed_at=None)
    alerts, complaints, asked, opened = _counted(
        actor,
        Alert.objects.filter(agency_id=actor.agency_id).exclude(state=AlertState.CLOSED.value),
        Complaint.objects.visible_to(actor).filter(answered_at=None),
        *reviews.waiting(actor),
    )
    return Waiting(
        alerts=alerts,
        weeks=sum(week.reviewed_at is None for week in weeks.queue(actor, zone=zone)),
        incidents=tuple(incidents.all_shown(open_now)),
        complaints=complaints,
        reviews=(asked, opened),
        emergencies=tuple(emergencies.select_related("referral").order_by("review_due")),
    )


def _counted(actor: Actor, *lists: QuerySet[Any]) -> list[int]:
    """How many rows each of these lists of the actor's agency has; one query for all."""
    each = (rows.order_by().values("agency_id").annotate(n=Count("pk")).values("n") for rows in lists)
    counts = Agency.objects.filter(pk=actor.agency_id).values_list(*(Coalesce(Subquery(n), 0) for n in each))
    return list(counts.get())
