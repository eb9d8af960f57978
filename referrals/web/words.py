"""What pages for staff call parts, urgency, kinds of help and purposes (docs/words.md), marked for translation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from agencies.kinds import Purpose
from fhir.content.catalog import SERVICES
from fhir.content.compartments import Compartment
from referrals.projection import FIRST_HOP, Coarse
from referrals.projection import WORDS as COARSE_WORDS
from referrals.reasons import REASONS
from referrals.services.showing import ShownStep

PARTS: Mapping[Compartment, str] = MappingProxyType(
    {
        Compartment.REQUEST: _("The ask"),
        Compartment.CONTACT: _("Contact"),
        Compartment.INCIDENT: _("Incident"),
        Compartment.CLINICAL: _("Clinical"),
        Compartment.SUD: _("Substance use"),
        Compartment.TRANSPORT: _("Ride"),
        Compartment.OUTCOME: _("Outcome"),
    }
)

PRIORITIES: Mapping[str, str] = MappingProxyType(
    {"routine": _("routine"), "urgent": _("urgent"), "asap": _("very urgent"), "stat": _("emergency")}
)
"""FHIR's request priorities, least first."""

PURPOSES: Mapping[Purpose, str] = MappingProxyType(
    {
        Purpose.TREATMENT: _("treatment"),
        Purpose.EMERGENCY_TREATMENT: _("emergency treatment"),
        Purpose.COORDINATION: _("coordination of care"),
        Purpose.CARE_MANAGEMENT: _("staying in touch"),
        Purpose.OPERATIONS: _("running the program"),
        Purpose.PATIENT_REQUEST: _("the client's own request"),
        Purpose.LEGAL: _("a legal duty"),
        Purpose.THREAT: _("a threat to somebody"),
    }
)

HAPPENED: Mapping[str, str] = MappingProxyType(
    {
        "send": _("sent"),
        "accept": _("accepted"),
        "reject": _("declined"),
        "start": _("work began"),
        "schedule": _("an appointment was made"),
        "no-show": _("the client did not come"),
        "unschedule": _("the appointment is off"),
        "attend": _("the client came"),
        "hold": _("paused"),
        "resume": _("goes on"),
        "complete": _("completed"),
        "fail": _("did not work out"),
        "cancel": _("cancelled"),
        "request-cancel": _("asked to cancel"),
        "confirm-cancel": _("cancelled"),
        "force-cancel": _("cancelled without an answer"),
        "lapse": _("another agency took it"),
        "withdraw": _("withdrawn"),
        "enter-in-error": _("recorded by mistake"),
    }
    | {coarse.value: words for coarse, words in COARSE_WORDS.items()}
)
"""What a line of the history says: a step that was taken, or the word a police sender is shown."""

UNSPECIFIED = _("Help wanted")
_SERVICES: Mapping[str, str] = MappingProxyType(
    {code: words for table in SERVICES.values() for code, words in table.items()}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A line of the history in words. ``to``: whom it was asked of, where that is not who did it."""

    at: datetime
    by_day: bool
    what: str
    by: str
    to: str
    reason: str
    how: str

    @classmethod
    def of(cls, step: ShownStep, names: Mapping[str, str], *, ours: str) -> "Happened":
        """``names`` by handle; ``ours`` is the handle of the reader's agency."""
        reason = REASONS[step.reason].text if step.reason else ""
        return cls(
            at=step.at,
            by_day=step.name in BY_DAY,
            what=gettext(HAPPENED[step.name]),
            by=names.get(step.by, step.by),
            to="" if step.owner in (step.by, ours) else names.get(step.owner, step.owner),
            reason=gettext(reason) if reason else "",
            how=step.how,
        )


BY_DAY = frozenset(coarse.value for coarse in Coarse if coarse not in FIRST_HOP)
"""What is told by its day alone."""


def part(compartment: Compartment) -> str:
    """What a part of a referral is called."""
    return gettext(PARTS[compartment])


def priority(code: str) -> str:
    """How urgent it is, in words."""
    return gettext(PRIORITIES[code]) if code in PRIORITIES else code


def purpose(code: str) -> str:
    """What something is for."""
    return gettext(PURPOSES[Purpose(code)])


def service(code: str) -> str:
    """What is asked for, by the code in the column."""
    return gettext(_SERVICES.get(code, UNSPECIFIED))
