"""The workflow of a referral task, as one table. Buttons, FHIR, audit names, docs and tests are computed from it.

States are FHIR R4 ``Task.status`` codes and the edges are those of Gravity SDOH-CC 3.0; ``business`` is a code of
``TaskBusinessStatusCS`` (BSeR 2.0). Pure: it knows no database, no clock and no framework.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from .errors import IllegalStep


class State(StrEnum):
    """FHIR Task.status, less the two a referral network never emits (``received``, ``ready``)."""

    DRAFT = "draft"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in-progress"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class Side(StrEnum):
    """Who may take a step: the agency that asked, the agency that was asked, or the network itself."""

    REQUESTER = "requester"
    OWNER = "owner"
    NETWORK = "network"


class Business(StrEnum):
    """BSeR TaskBusinessStatusCS."""

    CREATED = "2.0"
    ACCEPTED = "3.0"
    DECLINED = "4.0"
    SCHEDULED = "5.1.1"
    UNATTENDED = "5.1.2"
    UNSCHEDULED = "5.1.3"
    ATTENDED = "5.1.4"
    CANCEL_REQUESTED = "5.2"
    CANCELLED = "6.0"
    COMPLETED = "7.0"


def gettext_noop(text: str) -> str:
    """Mark ``text`` for translation; the pages translate it when they show it."""
    return text


_ = gettext_noop
S = State
WORKING = frozenset({S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One edge of the workflow. ``to=None`` keeps the state; ``business=None`` keeps the business status."""

    name: str
    froms: frozenset[State]
    to: State | None
    side: Side
    verb: str
    business: Business | None = None
    needs_reason: bool = False
    after: Business | None = None
    wait: timedelta = timedelta(0)

    def lands_on(self, state: State) -> State:
        """The state after this step, taken from ``state``."""
        return state if self.to is None else self.to


BUSINESS_WORDS: Mapping[Business, str] = MappingProxyType(
    {
        Business.CREATED: "Service Request Created",
        Business.ACCEPTED: "Service Request Accepted",
        Business.DECLINED: "Service Request Declined",
        Business.SCHEDULED: "Event Scheduled",
        Business.UNATTENDED: "Scheduled Event Unattended",
        Business.UNSCHEDULED: "Scheduled Event Cancelled",
        Business.ATTENDED: "Event Completed",
        Business.CANCEL_REQUESTED: "Cancellation Requested",
        Business.CANCELLED: "Fulfillment Cancelled",
        Business.COMPLETED: "Fulfillment Completed",
    }
)
"""The displays of the code system, for FHIR; screens use ``LABELS``."""

STEPS: tuple[Step, ...] = (
    Step(
        name="send", froms=frozenset({S.DRAFT}), to=S.REQUESTED, side=Side.REQUESTER,
        business=Business.CREATED, verb=_("Send"),
    ),
    Step(
        name="accept", froms=frozenset({S.REQUESTED}), to=S.ACCEPTED, side=Side.OWNER,
        business=Business.ACCEPTED, verb=_("Accept"),
    ),
    Step(
        name="reject", froms=frozenset({S.REQUESTED}), to=S.REJECTED, side=Side.OWNER,
        business=Business.DECLINED, needs_reason=True, verb=_("Decline"),
    ),
    Step(name="start", froms=frozenset({S.ACCEPTED}), to=S.IN_PROGRESS, side=Side.OWNER, verb=_("Start")),
    Step(
        name="schedule", froms=frozenset({S.IN_PROGRESS}), to=S.IN_PROGRESS, side=Side.OWNER,
        business=Business.SCHEDULED, verb=_("Record an appointment"),
    ),
    Step(
        name="no-show", froms=frozenset({S.IN_PROGRESS}), to=S.IN_PROGRESS, side=Side.OWNER,
        business=Business.UNATTENDED, verb=_("Record that the client did not come"),
    ),
    Step(
        name="unschedule", froms=frozenset({S.IN_PROGRESS}), to=S.IN_PROGRESS, side=Side.OWNER,
        business=Business.UNSCHEDULED, verb=_("Record that the appointment is off"),
    ),
    Step(
        name="attend", froms=frozenset({S.IN_PROGRESS}), to=S.IN_PROGRESS, side=Side.OWNER,
        business=Business.ATTENDED, verb=_("Record that the client came"),
    ),
    Step(
        name="hold", froms=frozenset({S.ACCEPTED, S.IN_PROGRESS}), to=S.ON_HOLD, side=Side.OWNER,
        needs_reason=True, verb=_("Pause"),
    ),
    Step(name="resume", froms=frozenset({S.ON_HOLD}), to=S.IN_PROGRESS, side=Side.OWNER, verb=_("Resume")),
    Step(
        name="complete", froms=WORKING, to=S.COMPLETED, side=Side.OWNER,
        business=Business.COMPLETED, verb=_("Complete"),
    ),
    Step(name="fail", froms=WORKING, to=S.FAILED, side=Side.OWNER, needs_reason=True, verb=_("Did not work out")),
    Step(
        name="cancel", froms=frozenset({S.DRAFT, S.REQUESTED}), to=S.CANCELLED, side=Side.REQUESTER,
        business=Business.CANCELLED, needs_reason=True, verb=_("Cancel"),
    ),
    Step(
        name="request-cancel", froms=WORKING, to=None, side=Side.REQUESTER,
        business=Business.CANCEL_REQUESTED, needs_reason=True, verb=_("Ask to cancel"),
    ),
    Step(
        name="confirm-cancel", froms=WORKING, to=S.CANCELLED, side=Side.OWNER,
        business=Business.CANCELLED, needs_reason=True, verb=_("Cancel"),
    ),
    Step(
        name="force-cancel", froms=WORKING, to=S.CANCELLED, side=Side.REQUESTER,
        business=Business.CANCELLED, needs_reason=True, after=Business.CANCEL_REQUESTED,
        wait=timedelta(hours=24), verb=_("Cancel without an answer"),
    ),
    Step(
        name="lapse", froms=frozenset({S.REQUESTED}), to=S.CANCELLED, side=Side.NETWORK,
        business=Business.CANCELLED, verb=_("Another agency took it"),
    ),
    Step(
        name="withdraw", froms=frozenset({S.REQUESTED}) | WORKING, to=S.CANCELLED, side=Side.NETWORK,
        business=Business.CANCELLED, verb=_("Withdrawn"),
    ),
    Step(
        name="enter-in-error", froms=frozenset(State) - {S.ENTERED_IN_ERROR}, to=S.ENTERED_IN_ERROR,
        side=Side.REQUESTER, needs_reason=True, verb=_("Recorded by mistake"),
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Step] = MappingProxyType({step.name: step for step in STEPS})

FINAL = frozenset(S) - {state for step in STEPS if step.name != "enter-in-error" for state in step.froms}
"""States that no step leaves, save the one that says the record was a mistake."""

LABELS: Mapping[tuple[State, Side], str] = MappingProxyType(
    {
        (S.DRAFT, Side.REQUESTER): _("not sent yet"),
        (S.DRAFT, Side.OWNER): _("not sent yet"),
        (S.REQUESTED, Side.REQUESTER): _("not picked up yet"),
        (S.REQUESTED, Side.OWNER): _("waiting for your answer"),
        (S.ACCEPTED, Side.REQUESTER): _("accepted"),
        (S.ACCEPTED, Side.OWNER): _("accepted by us"),
        (S.IN_PROGRESS, Side.REQUESTER): _("under way"),
        (S.IN_PROGRESS, Side.OWNER): _("under way"),
        (S.ON_HOLD, Side.REQUESTER): _("paused"),
        (S.ON_HOLD, Side.OWNER): _("paused by us"),
        (S.COMPLETED, Side.REQUESTER): _("completed"),
        (S.COMPLETED, Side.OWNER): _("completed"),
        (S.REJECTED, Side.REQUESTER): _("declined"),
        (S.REJECTED, Side.OWNER): _("declined by us"),
        (S.FAILED, Side.REQUESTER): _("did not work out"),
        (S.FAILED, Side.OWNER): _("did not work out"),
        (S.CANCELLED, Side.REQUESTER): _("cancelled"),
        (S.CANCELLED, Side.OWNER): _("cancelled"),
        (S.ENTERED_IN_ERROR, Side.REQUESTER): _("recorded by mistake"),
        (S.ENTERED_IN_ERROR, Side.OWNER): _("recorded by mistake"),
    }
)


RETRACTING = frozenset({"enter-in-error", "withdraw"})
"""The steps that take a task back from whoever has it."""


def steps_from(state: State, side: Side) -> tuple[Step, ...]:
    """The steps ``side`` may take from ``state``, in the table's order."""
    return tuple(step for step in STEPS if state in step.froms and step.side is side)


def step_called(name: str, allowed: tuple[Step, ...], *, state: State) -> Step:
    """The step ``name`` of those ``allowed`` from ``state``.

    Raises ``IllegalStep`` naming what is allowed, for an unknown name too.
    """
    for step in allowed:
        if step.name == name:
            return step
    raise IllegalStep(name=name, state=state.value, allowed=tuple(step.name for step in allowed))
