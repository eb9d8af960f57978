"""How urgent a referral is and whether an ambulance was called: to each agency as far as it may know it.

A unit that helps is shown what all of them found. Police are shown what was asked, with what the department it
began with found itself, and nothing that a clinician or a provider found (R-P2-03).
"""

from dataclasses import dataclass
from datetime import datetime

from fhir.content.bundle import Resource
from fhir.content.questionnaires import escalates, raised, score
from referrals.models import Participation, Referral
from referrals.workflow import FINAL, State

from .work import Work

PRIORITY_RAISED, AMBULANCE_CALLED, AMBULANCE_ANSWERED = "priority-raised", "ems-called", "ems-outcome"
COLUMNS = ("priority", "ems_called_at", "ems_outcome_at", "said_priority", "said_ems_called_at", "said_ems_outcome_at")


@dataclass(frozen=True, slots=True)
class Urgency:
    """One agency's view: FHIR request-priority, when an ambulance was called, and when its outcome was recorded."""

    priority: str
    called_at: datetime | None
    outcome_at: datetime | None

    @property
    def ambulance(self) -> str:
        """How an ambulance call stands: "called", "answered", or "" if none was called."""
        if self.called_at is None:
            return ""
        return "called" if self.outcome_at is None else "answered"


def shown(referral: Referral, *, sworn: bool) -> Urgency:
    """What an agency is shown of it; ``sworn``: it is police."""
    if sworn:
        return Urgency(referral.said_priority, referral.said_ems_called_at, referral.said_ems_outcome_at)
    return Urgency(referral.priority, referral.ems_called_at, referral.ems_outcome_at)


def priority_column(*, sworn: bool) -> str:
    """The column a search by priority asks: it finds what is shown, and no more."""
    return "said_priority" if sworn else "priority"


def act_on_screen(work: Work, resource: Resource) -> None:
    """What a screen changes at once, whenever it comes: a red flag is an ambulance first, a risk more urgent.

    Everybody who works on it is told of either.
    """
    referral, found = work.referral, score(resource.tree)
    scores, red, before, stored = [found] if found else [], escalates(resource.tree), referral.priority, _stored(work)
    if _says(work):
        referral.said_priority = raised(referral.said_priority, scores)
        referral.said_ems_called_at = referral.said_ems_called_at or (work.now if red else None)
    referral.priority = raised(before, scores)
    if referral.priority != before:
        _tell(work, PRIORITY_RAISED)
    if red and referral.ems_called_at is None:
        referral.ems_called_at = work.now
        _tell(work, AMBULANCE_CALLED)
    if _stored(work) != stored:
        referral.save(update_fields=COLUMNS)


def answered(work: Work) -> None:
    """The ambulance's outcome is recorded by the acting agency; police go on being shown what they said themselves."""
    referral = work.referral
    if _says(work):
        referral.said_ems_outcome_at = work.now
    if referral.ems_called_at is not None and referral.ems_outcome_at is None:
        referral.ems_outcome_at = work.now
    referral.save(update_fields=COLUMNS)
    _tell(work, AMBULANCE_ANSWERED)


def _stored(work: Work) -> list[object]:
    return [getattr(work.referral, name) for name in COLUMNS]


def _says(work: Work) -> bool:
    """Whether police are shown what the acting agency finds: the department it began with, of its own calls."""
    return work.agency.sworn and work.agency.id == work.referral.origin_id


def _tell(work: Work, code: str) -> None:
    for place in work.participations.values():
        if _works_on_it(work, place):
            work.notify(place.agency, code, place.task)


def _works_on_it(work: Work, place: Participation) -> bool:
    """Whether this agency is shown it, and another one than who found it: no police, nobody who is through with it."""
    over = place.task is not None and State(place.task.status) in FINAL
    ended = any(end is not None and end <= work.now for end in (place.until, place.consent_until))
    return place.agency_id != work.agency.id and not (place.agency.sworn or over or ended)
