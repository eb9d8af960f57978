"""Taking a step of the workflow: accept, decline, start, pause, complete, cancel and the rest of STEPS."""

import re
from dataclasses import dataclass
from typing import Self

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.vault import contexts
from audit.uuid7 import uuid7
from fhir.content import builders
from fhir.content.builders import NoteKind
from fhir.content.bundle import Resource
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals.errors import Gone, IllegalStep, Invalid, NotFound, ReasonRequired, Stale, TooEarly
from referrals.models import ReferralTask
from referrals.policy.matrix import Action
from referrals.reasons import reasons_for
from referrals.services import moving, releasing, showing
from referrals.services.work import Work, held
from referrals.workflow import BY_NAME, FINAL, Side, State, Step, step_called, steps_from

from .base import OnTask

NEEDS = {Side.OWNER: Capability.ANSWER_REFERRALS, Side.REQUESTER: Capability.SEND_REFERRALS}
LONGEST_NOTE = 4000
NOTE = re.compile(rf"[^\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]{{0,{LONGEST_NOTE}}}")
HOW = ("phone", "fax", "e-mail", "in person")
REQUEST_STATUS = {"cancel": "revoked", "force-cancel": "revoked", "enter-in-error": "entered-in-error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeStep(OnTask):
    """``step`` of STEPS on one task. ``version`` is the one the person saw; ``note`` is sealed for both sides.

    ``how`` and ``said_by`` record the answer of an agency that is not on the network, by the agency that asked it.
    """

    step: str
    reason: str = ""
    note: str = ""
    version: int | None = None
    how: str = ""
    said_by: str = ""

    @property
    def name(self) -> str:
        return f"task.{self.step}" if self.step in BY_NAME else "task.step"

    def fingerprint(self) -> bytes:
        return contexts.act(
            self.name,
            self.task_id,
            self.step,
            self.reason,
            self.note,
            str(self.version),
            self.how,
            self.said_by,
        )

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # an Act is asked for it
        if self.how and self.how not in HOW:
            raise Invalid([error("value", "how", f"must be one of: {', '.join(HOW)}")])
        if self.said_by and not self.how:
            raise Invalid([error("required", "how", f"say how it was said, one of: {', '.join(HOW)}")])
        require_note(self.note + self.said_by)
        return self

    def run(self, work: Work) -> None:
        task = work.task(self.task_id)
        side = self._side(work, task)
        self._require_open(work, task)
        shown = showing.state_shown(task, side)
        step = step_called(self.step, showing.steps_shown(task, side), state=shown)
        if State(task.status) not in step.froms:
            raise IllegalStep(name=self.step, state=shown.value, allowed=())
        work.require_side(task)
        self._require_time(work, task, step)
        self._require_reason(step)
        work.did(self.name, self.target)
        coarse_changed = moving.move(work, task, step, reason=self.reason, how=self.how)
        AFTER.get(step.name, _nothing)(work, task)
        _close_request(work, task, step)
        if self.note or self.how:
            self._write_note(work, task, write_place(work, task, side, words=self.note))
        if not self.how:
            moving.tell_other_side(work, task, step, coarse_changed=coarse_changed)

    def _side(self, work: Work, task: ReferralTask) -> Side:
        """Whose step this is. An agency that is neither side gets the answer for what does not exist."""
        if self.how and task.requester_id == work.agency.id and not task.owner.connected:
            work.require(Capability.RECORD_ANSWERS)
            return Side.OWNER
        if self.how:
            raise NotFound
        return side_in(work, task)

    def _require_open(self, work: Work, task: ReferralTask) -> None:
        if self.step == "accept" and State(task.status) in FINAL and task.owner_id == work.agency.id:
            raise Gone("This is no longer open: it was taken by another agency or cancelled.")
        require_seen(work, task, self.version)

    def _require_time(self, work: Work, task: ReferralTask, step: Step) -> None:
        if step.after is None:
            return
        if task.cancel_asked_at is None:
            raise TooEarly(f"First take the step that asks: '{BY_NAME['request-cancel'].name}'.")
        if work.now < task.cancel_asked_at + step.wait:
            hours = int(step.wait.total_seconds() // 3600)
            raise TooEarly(f"The other agency has {hours} hours to answer before you may go on without it.")

    def _require_reason(self, step: Step) -> None:
        allowed = [reason.code for reason in reasons_for(step.name)]
        if self.reason not in allowed and (step.needs_reason or self.reason):
            raise ReasonRequired(f"'{step.name}' takes one of these reasons: {', '.join(allowed) or 'none'}.")

    def _write_note(self, work: Work, task: ReferralTask, compartment: Compartment) -> None:
        said = f"Said by {self.said_by or 'somebody'}, {self.how}." if self.how else ""
        id_ = uuid7()
        tree = builders.note(
            "\n".join(filter(None, [self.note, said])),
            id_=id_,
            about=f"Task/{task.id}",
            kind=NoteKind.REASON if self.reason else NoteKind.NOTE,
            sender=f"Organization/{work.agency.id}",
            sent=work.now.isoformat(timespec="seconds"),
        )
        work.add(Resource("Communication", id_, tree, ""), compartment, task=task)


def steps_for(actor: Actor, task: showing.ShownTask) -> tuple[Step, ...]:
    """The buttons of one task for this actor, in the table's order: its agency's steps, if its role may take them.

    What must be asked for first is no button before it was.
    """
    if not actor.may(NEEDS[task.side]):
        return ()
    steps = (BY_NAME[name] for name in task.steps)
    return tuple(step for step in steps if step.after is None or step.after == task.business_status)


def answers_for(actor: Actor, task: showing.ShownTask) -> tuple[Step, ...]:
    """The steps of an agency off the network that this actor may record, by which it was asked."""
    if task.owner_connected or task.side is not Side.REQUESTER or not actor.may(Capability.RECORD_ANSWERS):
        return ()
    return steps_from(State(task.status), Side.OWNER)


def may_write(actor: Actor, task: showing.ShownTask) -> bool:
    """Whether this actor's role may add words to a task, for the side its agency is on."""
    return actor.may(NEEDS[task.side])


def require_note(text: str) -> None:
    """Raise ``Invalid`` unless a person's words are ones we keep."""
    if not NOTE.fullmatch(text):
        raise Invalid([error("value", "Task.note", f"must be text of at most {LONGEST_NOTE} characters")])


def side_in(work: Work, task: ReferralTask) -> Side:
    """The side the acting agency is on, if the actor may act for it. Raises ``NotFound`` for neither, ``Denied``."""
    side = showing.side_of(task, work.agency.id)
    if side is None:
        raise NotFound
    work.require(NEEDS[side])
    return side


def require_seen(work: Work, task: ReferralTask, version: int | None) -> None:
    """Raise ``Stale`` if the task is not in the version the person saw, as their agency is shown it."""
    shown = showing.show(task, work.agency.id, told=False)
    if version is not None and shown is not None and version != shown.version:
        raise Stale(f"The task is now '{shown.label}' (version {shown.version}); you saw version {version}.")


def write_place(work: Work, task: ReferralTask, side: Side, *, words: str = "words") -> Compartment:
    """Where a note goes. Raises ``Denied`` for a role that may not write there.

    Raises ``Invalid`` for ``words`` of a requester to whoever knows no name yet. What is said on an anonymous ask lies
    in the request, which the other side can open; it is a note all the same, and the matrix is asked for one.
    """
    work.require_write(Compartment.INCIDENT if work.agency.sworn else Compartment.OUTCOME, Action.CREATE)
    compartment = note_compartment(work, task)
    if words and side is Side.REQUESTER and compartment is Compartment.REQUEST:
        text = "The other agency knows no name, and words could give one: leave the note empty."
        raise Invalid([error("business-rule", "Task.note", text)])
    return compartment


def note_compartment(work: Work, task: ReferralTask) -> Compartment:
    """Where words about a step go: a police unit's to its facts, on an anonymous ask to it, else to the outcome."""
    if work.agency.sworn:
        return Compartment.INCIDENT
    owner = work.participations[task.owner_id]
    return Compartment.REQUEST if held(owner) <= {Compartment.REQUEST} else Compartment.OUTCOME


def _close_request(work: Work, task: ReferralTask, step: Step) -> None:
    """The ServiceRequest is the origin's: it ends when the origin calls off its last open task (Gravity SDOH-CC)."""
    status = REQUEST_STATUS.get(step.name)
    if status is None or task.requester_id != work.referral.origin_id:
        return
    others = ReferralTask.objects.filter(referral=work.referral, requester_id=task.requester_id).exclude(pk=task.pk)
    if all(State(work.tasks.get(other.pk, other).status) in FINAL for other in others):  # this work may have moved some
        work.referral.status = status
        work.referral.save(update_fields=["status"])


def _nothing(work: Work, task: ReferralTask) -> None:
    """Most steps change the task alone."""


def _close_owner(work: Work, task: ReferralTask) -> None:
    """Who declined, or was called off before answering, keeps nothing to open, unless it was asked again since."""
    work.releases = {place: opens for place, opens in work.releases.items() if place[0] != task.id}
    if work.participations[task.owner_id].task_id == task.id:
        work.close(task.owner_id)


AFTER = {
    "accept": releasing.take_up,
    "reject": _close_owner,
    "cancel": _close_owner,
    "enter-in-error": _close_owner,
}

UNHEARD = frozenset({"cancel", "enter-in-error"})
"""The steps whose words would reach nobody: who was called off keeps nothing to open them with."""
