"""Words, results and the recipient's own number, added to a task without a step. They are sealed for its two sides."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from agencies.actor import Actor
from agencies.vault import contexts
from audit.uuid7 import uuid7
from fhir.content import builders, exact
from fhir.content.builders import NoteKind
from fhir.content.bundle import Resource
from fhir.content.compartments import Compartment, place
from fhir.content.exact import Object
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.models import ReferralTask
from referrals.policy.matrix import Action
from referrals.services import moving
from referrals.services.said import said_last
from referrals.services.work import Work
from referrals.workflow import WORKING, Side, State

from .base import OnTask
from .stepping import require_note, require_seen, side_in, write_place


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToTask(OnTask):
    """Add to one task: ``note`` by either side; ``outputs`` and ``numbers``, elements of FHIR's Task, by its owner.

    Each becomes a resource of its own. The words its author said last are not said again: if nothing else is given,
    nothing is done. ``version`` is the one of the task that the person saw.
    """

    note: str = ""
    outputs: tuple[Object, ...] = ()
    numbers: tuple[Object, ...] = ()
    version: int | None = None

    @property
    def name(self) -> str:
        return "task.add"

    def fingerprint(self) -> bytes:
        added = exact.dump([list(self.outputs), list(self.numbers)]).decode()
        return contexts.act(self.name, self.task_id, self.note, added, str(self.version))

    def prepare(self, actor: Actor) -> Self:  # noqa: ARG002  # the same for everybody
        require_note(self.note)
        return self

    def run(self, work: Work) -> None:
        task = work.task(self.task_id)
        side = side_in(work, task)
        require_seen(work, task, self.version)
        work.require_side(task)
        news = bool(self.note) and not said_last(work, task, self.note)
        if not (news or self.outputs or self.numbers):
            return
        if news:
            work.add(self._note(work), write_place(work, task, side), task=task)
        if self.outputs or self.numbers:
            self._report(work, task, side)
        moving.tell_of_words(work, task)
        work.did(self.name, self.target)

    def _report(self, work: Work, task: ReferralTask, side: Side) -> None:
        if side is not Side.OWNER or State(task.status) not in WORKING | {State.COMPLETED}:
            text = "is given by the agency that was asked, once it has accepted"
            raise Invalid([error("business-rule", "Task.output", text)])
        for resource in self._resources(work):
            placed = place(resource.tree, source=work.source)
            compartment = placed if placed is Compartment.SUD or work.agency.sworn else Compartment.OUTCOME
            work.require_write(compartment, Action.CREATE)
            work.told = (*work.told, resource.tree)
            work.add(resource, compartment, task=task)

    def _note(self, work: Work) -> Resource:
        id_ = uuid7()
        tree = builders.note(self.note, id_=id_, kind=NoteKind.NOTE, **self._envelope(work))
        return Resource("Communication", id_, tree, "")

    def _resources(self, work: Work) -> Iterator[Resource]:
        for number, element in enumerate(self.outputs):
            id_ = uuid7()
            tree = builders.output(element, id_=id_, **self._envelope(work))
            if tree is None:
                allowed = ", ".join((*builders.PAYLOADS, *builders.VALUES))
                raise Invalid([error("not-supported", f"Task.output[{number}].value", f"must be one of: {allowed}")])
            yield Resource(str(tree["resourceType"]), id_, tree, "")
        for element in self.numbers:
            id_ = uuid7()
            yield Resource("Communication", id_, builders.number(element, id_=id_, **self._envelope(work)), "")

    def _envelope(self, work: Work) -> dict[str, str]:
        return {
            "about": f"Task/{self.task_id}",
            "sender": f"Organization/{work.agency.id}",
            "sent": work.now.isoformat(timespec="seconds"),
        }
