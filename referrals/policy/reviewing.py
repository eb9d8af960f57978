"""When a privacy officer may read content: in a review case, for a coded reason, with a second person's yes, for hours.

Every rule about it that is data stands here (docs/permissions.md, "A review case"). Pure; ``gate`` asks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from agencies.kinds import Purpose
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.workflow import gettext_noop as _

from .codes import DenyCode
from .matrix import Action


class Reason(StrEnum):
    """Why content must be seen, and who did what does not answer it."""

    MISUSE = "misuse"
    COMPLAINT = "complaint"
    INCIDENT = "incident"
    WRONG_PERSON = "wrong-person"
    CLIENT_ASKED = "client-asked"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason's words, and what it is for by HL7 v3 ActReason."""

    words: str
    purpose: Purpose


REASONS: Mapping[Reason, Ground] = MappingProxyType(
    {
        Reason.MISUSE: Ground(_("Somebody may have looked, or passed it on, without need"), Purpose.OPERATIONS),
        Reason.COMPLAINT: Ground(_("A complaint is about what stands in it"), Purpose.OPERATIONS),
        Reason.INCIDENT: Ground(_("To weigh an incident: what was it that got out"), Purpose.OPERATIONS),
        Reason.WRONG_PERSON: Ground(_("It may be the wrong person's"), Purpose.OPERATIONS),
        Reason.CLIENT_ASKED: Ground(_("The client asks to see it, or to have it put right"), Purpose.PATIENT_REQUEST),
        Reason.AUDIT: Ground(_("An audit of how records are kept"), Purpose.OPERATIONS),
    }
)

HOURS = (1, 2, 4, 8)
"""How long it may be open, in hours; counted from the second person's yes."""
ANSWER_WITHIN = timedelta(days=3)
"""A case nobody answers by then is over: a reason that can wait longer is asked anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Openable:
    """How a part may be seen: ``police``: at a police unit, too; ``own``: only what the agency wrote itself; for which
    ``reasons``, and for how many hours at most.
    """

    police: bool = True
    own: bool = False
    reasons: frozenset[Reason] = frozenset(Reason)
    longest: int = HOURS[-1]


C = Compartment

OPENABLE: Mapping[tuple[Role, Compartment], Openable] = MappingProxyType(
    {
        (Role.PRIVACY_OFFICER, C.REQUEST): Openable(),
        (Role.PRIVACY_OFFICER, C.CONTACT): Openable(),
        (Role.PRIVACY_OFFICER, C.INCIDENT): Openable(),
        # No role of a police unit reads a screen, and none gains it by reviewing.
        (Role.PRIVACY_OFFICER, C.CLINICAL): Openable(police=False),
        (Role.PRIVACY_OFFICER, C.TRANSPORT): Openable(police=False),
        (Role.PRIVACY_OFFICER, C.OUTCOME): Openable(police=False),
        # 42 CFR 2.53 lets records be looked at for an audit or evaluation on conditions that a page cannot check, and
        # 2.12(c)(3) within the program that made them: so nothing but what this unit wrote, for the plainest reasons.
        (Role.PRIVACY_OFFICER, C.SUD): Openable(
            police=False, own=True, reasons=frozenset({Reason.MISUSE, Reason.INCIDENT, Reason.CLIENT_ASKED}), longest=2
        ),
    }
)
"""Which role may see which part in a review case. What is not here is never seen in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A case as the gate is told of it, at ``at``. ``until``: ``None`` while nobody agreed, the past once it ended.

    ``sworn``: the agency is a police unit.
    """

    reason: Reason
    parts: frozenset[Compartment]
    sworn: bool
    until: datetime | None
    at: datetime


def openable(role: Role, part: Compartment, *, sworn: bool, reason: Reason) -> Openable | None:
    """How ``role`` may see ``part`` for this reason; ``None``: not at all."""
    rule = OPENABLE.get((role, part))
    if rule is None or (sworn and not rule.police) or reason not in rule.reasons:
        return None
    return rule


def refusal(review: Review | None, role: Role, part: Compartment, action: Action) -> DenyCode | None:
    """Why a role that does not do ``action`` to ``part`` does not in this case either; ``None`` if it does."""
    if review is None or action is not Action.READ or part not in review.parts:
        return DenyCode.COMPARTMENT
    if openable(role, part, sworn=review.sworn, reason=review.reason) is None:
        return DenyCode.COMPARTMENT
    if review.until is None:
        return DenyCode.REVIEW_WAITS
    return DenyCode.REVIEW_OVER if review.until <= review.at else None
