"""What stands before an agency in a referral: each task with who has it, how it stands and what can be done now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from django.utils.translation import gettext

from agencies.actor import Actor
from referrals.acts.stepping import answers_for, may_write, steps_for
from referrals.projection import COARSE, FIRST_HOP
from referrals.services.showing import ShownTask
from referrals.workflow import FINAL, Side, State, Step

ICONS: Mapping[str, str] = MappingProxyType(
    {
        "send": "paper-airplane",
        "accept": "check",
        "reject": "x-mark",
        "start": "play",
        "schedule": "calendar-days",
        "no-show": "user-minus",
        "unschedule": "calendar",
        "attend": "user-plus",
        "hold": "pause",
        "resume": "play",
        "complete": "check-circle",
        "fail": "exclamation-triangle",
        "cancel": "x-circle",
        "request-cancel": "question-mark-circle",
        "confirm-cancel": "x-circle",
        "force-cancel": "x-circle",
        "enter-in-error": "exclamation-circle",
    }
)
KEYS: Mapping[str, str] = MappingProxyType({"accept": "a", "reject": "d"})
ONE_TAP = frozenset({"accept", "start", "no-show", "unschedule", "attend", "resume"})
"""The steps that need no second look: they end nothing, and what they say is said by the button."""


SILENT = frozenset({State.DRAFT, State.REJECTED, State.CANCELLED, State.ENTERED_IN_ERROR})
"""The states in which words would reach nobody: who was asked keeps nothing to open them with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One step. ``at_once``: pressing it does it; else it leads to a page that asks why, or for words."""

    name: str
    words: str
    icon: str
    key: str
    at_once: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One task for one agency. ``after`` stand in a menu: they stop it. ``said``: answers of one off the network.

    ``waits``: the reader asked, and nobody has answered.
    """

    task: ShownTask
    label: str
    reason: str
    ours: bool
    other: str
    phone: str
    over: bool
    by_day: bool
    first: tuple[Button, ...]
    after: tuple[Button, ...]
    said: tuple[Button, ...]
    writes: bool
    numbers: bool
    key: UUID
    waits: bool = False

    @property
    def id(self) -> UUID:
        """The task's."""
        return self.task.id

    @property
    def at(self) -> datetime:
        """Since when it stands so."""
        return self.task.changed_at


def button(step: Step) -> Button:
    """The button of a step, in the reader's language."""
    name = step.name
    return Button(
        name=name,
        words=gettext(step.verb),
        icon=ICONS[name],
        key=KEYS.get(name, ""),
        at_once=name in ONE_TAP and not step.needs_reason,
    )


def cards(actor: Actor, tasks: Iterable[ShownTask]) -> list[Card]:
    """A card for each task: what waits for this agency, then what it asked of others, then what is over."""
    made = sorted((card(actor, task) for task in tasks), key=lambda each: each.at, reverse=True)
    return sorted(made, key=lambda each: (each.over, not each.ours))


def card(actor: Actor, task: ShownTask) -> Card:
    """One task as this actor may act on it."""
    ours, state = task.side is Side.OWNER, State(task.status)
    steps, coarse = steps_for(actor, task), actor.sworn and task.side is not Side.OWNER
    first = [step for step in steps if not step.needs_reason or step.name in KEYS]
    writes = may_write(actor, task) and state not in SILENT
    return Card(
        task=task,
        label=gettext(task.label),
        reason=gettext(task.reason_text) if task.reason_text else "",
        ours=ours,
        other=task.requester_name if ours else task.owner_name,
        phone=task.requester_phone if ours else task.owner_phone,
        over=state in FINAL,
        by_day=coarse and COARSE[state] not in FIRST_HOP,
        first=tuple(map(button, first)),
        after=tuple(button(step) for step in steps if step not in first),
        said=tuple(map(button, answers_for(actor, task))),
        writes=writes,
        numbers=ours and writes and state is not State.REQUESTED,
        key=uuid4(),
        waits=not ours and state is State.REQUESTED,
    )
