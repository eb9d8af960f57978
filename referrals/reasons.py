"""The coded reasons of rejected, cancelled, failed, on-hold and entered-in-error (Gravity SDOH-CC 3.0, BSeR 2.0).

``clinical`` reasons are not for an officer: a sworn sender is shown the code ``other`` instead (docs/permissions.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .workflow import gettext_noop as _

GRAVITY = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
OURS = "https://bhu.example.org/fhir/CodeSystem/status-reason"


@dataclass(frozen=True, slots=True)
class Reason:
    """One coded reason: its code system, its words, and the steps it may be given for."""

    code: str
    system: str
    text: str
    steps: frozenset[str]
    clinical: bool = False


_DECLINE = frozenset({"reject"})
_STOP = frozenset({"cancel", "request-cancel", "confirm-cancel", "force-cancel"})
_END = frozenset({"fail", "hold"})

REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        reason.code: reason
        for reason in (
            Reason("no-capacity", GRAVITY, _("no bed or place"), _DECLINE | _END, clinical=True),
            Reason("waitlist", GRAVITY, _("waiting list only"), _DECLINE | _END, clinical=True),
            Reason("level-of-care", OURS, _("another level of care is needed"), _DECLINE | _END, clinical=True),
            Reason("not-medically-clear", OURS, _("not medically clear"), _DECLINE | _END, clinical=True),
            Reason("payer", OURS, _("payer not accepted"), _DECLINE, clinical=True),
            Reason("outside-towns", OURS, _("outside our towns"), _DECLINE),
            Reason("duplicate", OURS, _("already known to us by another referral"), _DECLINE | _STOP),
            Reason("no-way-to-reach", OURS, _("no way to reach the client"), _DECLINE | _END),
            Reason("passed-on", OURS, _("passed to another agency"), _DECLINE | _STOP),
            Reason("client-declined", OURS, _("the client said no"), _DECLINE | _STOP | _END, clinical=True),
            Reason("client-left", OURS, _("the client left"), _STOP | _END, clinical=True),
            Reason("no-longer-needed", OURS, _("no longer needed"), _STOP),
            Reason("consent-withdrawn", OURS, _("consent withdrawn"), _STOP | _END, clinical=True),
            Reason("waiting-for-answer", OURS, _("waiting for an answer"), frozenset({"hold"})),
            Reason("wrong-person", OURS, _("recorded for the wrong person"), frozenset({"enter-in-error"})),
            Reason("mistake", OURS, _("recorded by mistake"), frozenset({"enter-in-error"}) | _STOP),
            Reason("other", OURS, _("another reason"), _DECLINE | _STOP | _END | {"enter-in-error"}),
        )
    }
)


def reasons_for(step: str) -> tuple[Reason, ...]:
    """The reasons that may be given for ``step``, in the table's order."""
    return tuple(reason for reason in REASONS.values() if step in reason.steps)
