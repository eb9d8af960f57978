"""Alerts as an agency's privacy officer works through them: new, looked at, closed with a reason. Each is an event."""

from uuid import UUID

from django.db.models import Case, IntegerField, When
from django.utils import timezone

from agencies.actor import Actor
from referrals.desk.kinds import AlertState, Because
from referrals.desk.models import Alert
from referrals.errors import IllegalStep, NotFound
from referrals.services import recording
from referrals.services.offices import require_privacy_officer

SHOWN = 100
_FIRST = {AlertState.OPEN: 0, AlertState.LOOKED: 1, AlertState.CLOSED: 2}
_ORDER = Case(
    *(When(state=state.value, then=place) for state, place in _FIRST.items()), output_field=IntegerField(), default=3
)


def all_of(actor: Actor) -> list[Alert]:
    """The agency's alerts, the new first, in each state the newest first; one event. Raises ``Denied``."""
    with recording.refusals(actor, "alert.list"):
        require_privacy_officer(actor)
    recording.record(actor, "alert.list")
    return list(Alert.objects.filter(agency_id=actor.agency_id).order_by(_ORDER, "-at", "-id")[:SHOWN])


def look(actor: Actor, alert_id: UUID) -> Alert:
    """Say that it was looked at. Raises ``Denied``, ``NotFound``, ``IllegalStep`` for one that is not new."""
    with recording.one_act(actor, "alert.look", target=_target(alert_id)):
        row = _locked(actor, alert_id, step="look", allowed=AlertState.OPEN)
        row.state, row.looked_at, row.looked_by = AlertState.LOOKED.value, timezone.now(), actor.membership_id
        row.save(update_fields=["state", "looked_at", "looked_by"])
        recording.record(actor, "alert.look", target=_target(alert_id), code=row.kind)
    return row


def close(actor: Actor, alert_id: UUID, *, because: Because) -> Alert:
    """Close one that was looked at. Raises ``Denied``, ``NotFound``, ``IllegalStep``."""
    with recording.one_act(actor, "alert.close", target=_target(alert_id)):
        row = _locked(actor, alert_id, step="close", allowed=AlertState.LOOKED)
        row.state, row.closed_at, row.closed_by = AlertState.CLOSED.value, timezone.now(), actor.membership_id
        row.reason = because.value
        row.save(update_fields=["state", "closed_at", "closed_by", "reason"])
        recording.record(actor, "alert.close", target=_target(alert_id), code=because.value)
    return row


def _target(alert_id: UUID) -> str:
    return f"Alert/{alert_id}"


def _locked(actor: Actor, alert_id: UUID, *, step: str, allowed: AlertState) -> Alert:
    require_privacy_officer(actor)
    rows = Alert.objects.select_for_update(no_key=True).filter(pk=alert_id, agency_id=actor.agency_id)
    row = rows.first()
    if row is None:
        raise NotFound
    if row.state != allowed:
        steps = {AlertState.OPEN: ("look",), AlertState.LOOKED: ("close",)}
        raise IllegalStep(name=step, state=row.state, allowed=steps.get(AlertState(row.state), ()), what="the alert")
    return row
