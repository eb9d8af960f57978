"""What waits for a privacy officer, in one look and one event: nothing sealed is opened for it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from agencies.actor import Actor
from referrals.desk.kinds import AlertState, IncidentState
from referrals.desk.models import Alert, Complaint, Incident
from referrals.emergencies.models import EmergencyAccess
from referrals.services import recording
from referrals.services.offices import require_privacy_officer

from . import incidents, weeks


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much of each kind, and of incidents and emergencies which, the most pressing first."""

    alerts: int
    weeks: int
    incidents: tuple[incidents.ShownIncident, ...]
    complaints: int
    emergencies: tuple[EmergencyAccess, ...]


def what_waits(actor: Actor, *, zone: ZoneInfo) -> Waiting:
    """All of the actor's agency that is not done yet; one event. Raises ``Denied`` for all but a privacy officer."""
    with recording.refusals(actor, "desk.read"):
        require_privacy_officer(actor)
    recording.record(actor, "desk.read")
    open_now = Incident.objects.visible_to(actor).exclude(state=IncidentState.CLOSED.value)
    emergencies = EmergencyAccess.objects.filter(agency_id=actor.agency_id, reviewed_at=None)
    return Waiting(
        alerts=Alert.objects.filter(agency_id=actor.agency_id).exclude(state=AlertState.CLOSED.value).count(),
        weeks=sum(week.reviewed_at is None for week in weeks.queue(actor, zone=zone)),
        incidents=tuple(incidents.all_shown(open_now)),
        complaints=Complaint.objects.visible_to(actor).filter(answered_at=None).count(),
        emergencies=tuple(emergencies.select_related("referral").order_by("review_due")),
    )
