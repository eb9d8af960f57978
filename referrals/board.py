"""The board: what is before one's agencies, by who has it now. Lists never unseal.

A pile says whose turn it is; the numbers on the piles and the rows under them come from one query each, of the same
columns, so that they agree. A sworn sender's own tasks are counted, ordered and shown by his coarse view alone.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.models import Agency
from referrals.models import Participation, Priority, Referral, ReferralTask
from referrals.projection import COARSE, STATUS
from referrals.services import recording, showing, urgency
from referrals.services.rows import attach
from referrals.workflow import WORKING, Side, State
from referrals.workflow import gettext_noop as _

PAGE = 25
OPEN = frozenset({State.REQUESTED}) | WORKING


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """One heading of the board: the tasks of these sides, in these states as they are shown.

    ``over``: nothing waits there any more; it is read newest first and not counted, for it only grows.
    """

    name: str
    label: str
    empty: str
    sides: frozenset[Side]
    states: frozenset[State]
    over: bool = False


PILES: Mapping[str, Pile] = MappingProxyType(
    {
        pile.name: pile
        for pile in (
            Pile(
                name="answer",
                label=_("To answer"),
                empty=_("Nothing waits for your answer."),
                sides=frozenset({Side.OWNER}),
                states=frozenset({State.REQUESTED}),
            ),
            Pile(
                name="ours",
                label=_("With us"),
                empty=_("You are working on nothing now."),
                sides=frozenset({Side.OWNER}),
                states=WORKING,
            ),
            Pile(
                name="theirs",
                label=_("With others"),
                empty=_("Nothing you sent is open."),
                sides=frozenset({Side.REQUESTER}),
                states=OPEN,
            ),
            Pile(
                name="closed",
                label=_("Closed"),
                empty=_("Nothing is closed yet."),
                sides=frozenset({Side.OWNER, Side.REQUESTER}),
                states=frozenset(State) - OPEN - {State.DRAFT},
                over=True,
            ),
        )
    }
)

COUNTED = {name: pile for name, pile in PILES.items() if not pile.over}

URGENCY = (Priority.STAT, Priority.ASAP, Priority.URGENT, Priority.ROUTINE)
LATE: Mapping[str, timedelta] = MappingProxyType(
    {
        Priority.STAT.value: timedelta(minutes=15),
        Priority.ASAP.value: timedelta(minutes=30),
        Priority.URGENT.value: timedelta(minutes=30),
        Priority.ROUTINE.value: timedelta(days=1),
    }
)
"""How long what is asked may wait for its first answer before the board says that it is late (domain rule 1.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One task before one actor's agency; nothing of it was sealed.

    ``other`` is the name of the agency on the other side; ``ambulance`` is as in an inbox.
    """

    actor: Actor
    referral_id: UUID
    reference: str
    priority: str
    service_type: str
    asked_at: datetime
    task: showing.ShownTask
    other: str
    ambulance: str

    @property
    def late(self) -> bool:
        """Whether it waits for its first answer longer than its urgency allows."""
        waiting = self.task.status == State.REQUESTED.value
        return waiting and timezone.now() - self.asked_at > LATE[self.priority]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What a person sees: how many wait in each pile, and the rows of one of them. ``more``: there are rows after."""

    numbers: Mapping[str, int]
    rows: Sequence[BoardRow]
    more: bool


def board(
    actors: Sequence[Actor], pile: Pile, *, priorities: Collection[str] = (), skip: int = 0, size: int = PAGE
) -> Board:
    """The board of one person's places; each look is one event of each agency.

    ``priorities`` narrows numbers and rows alike. A role without a worklist adds nothing and is not refused: it is
    one person's other places that are asked for.
    """
    able = [actor for actor in actors if actor.may(Capability.VIEW_INBOX)]
    numbers = Counter[str](dict.fromkeys(COUNTED, 0))
    rows: list[BoardRow] = []
    for actor in able:
        views = _views(actor, priorities)
        numbers.update(_numbers(views))
        rows += _rows(actor, pile, views, skip + size + 1)
        recording.record(actor, "referral.list", code=pile.name)
    rows.sort(key=_order(pile))
    return Board(numbers=numbers, rows=rows[skip : skip + size], more=len(rows) > skip + size)


def mark(actors: Sequence[Actor]) -> str:
    """A short digest that changes when what these places are shown does; it tells nothing else.

    For a page that asks every few seconds whether it is still true: one query a side, no event, no rows.
    """
    told = []
    for actor in actors:
        if actor.may(Capability.VIEW_INBOX):
            told += [view.open.aggregate(Count("pk"), last=Max(view.time)) for view in _views(actor, ())]
    return sha256(repr(told).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _View:
    """The tasks one agency is one side of, and what of them it is shown: the state, and the time of its last change."""

    side: Side
    tasks: QuerySet[ReferralTask]
    time: str
    as_shown: Callable[[State], State]

    @property
    def open(self) -> QuerySet[ReferralTask]:
        """Those that are not over, as they are shown: few, however long the agency is on the network."""
        return self.tasks.filter(status__in=self.behind(OPEN))

    def behind(self, states: frozenset[State]) -> list[str]:
        """The states that are shown as one of these."""
        return [state.value for state in State if self.as_shown(state) in states]


def _views(actor: Actor, priorities: Collection[str]) -> list[_View]:
    now = timezone.now()
    places = Participation.objects.of(actor).live(now).granted(actor, at=now)
    found = ReferralTask.objects.filter(Exists(places.filter(referral_id=OuterRef("referral_id"))))
    column = f"referral__{urgency.priority_column(sworn=actor.sworn)}"
    if priorities:
        found = found.filter(**{f"{column}__in": list(priorities)})
    ranks = [When(**{column: level.value}, then=Value(rank)) for rank, level in enumerate(URGENCY)]
    found = found.annotate(rank=Case(*ranks, default=Value(len(URGENCY)), output_field=IntegerField()))
    mine = {Side.OWNER: Q(owner_id=actor.agency_id), Side.REQUESTER: Q(requester_id=actor.agency_id)}
    coarse = actor.sworn
    return [
        _View(Side.OWNER, found.filter(mine[Side.OWNER]), "changed_at", lambda state: state),
        _View(
            Side.REQUESTER,
            found.filter(mine[Side.REQUESTER]),
            "coarse_at" if coarse else "changed_at",
            (lambda state: STATUS[COARSE[state]]) if coarse else (lambda state: state),
        ),
    ]


def _numbers(views: Sequence[_View]) -> Counter[str]:
    found = Counter[str]()
    for view in views:
        for status, number in view.open.order_by().values_list("status").annotate(Count("pk")):
            shown = view.as_shown(State(status))
            for pile in COUNTED.values():
                if view.side in pile.sides and shown in pile.states:
                    found[pile.name] += number
    return found


def _rows(actor: Actor, pile: Pile, views: Sequence[_View], size: int) -> list[BoardRow]:
    tasks: list[ReferralTask] = []
    for view in views:
        if view.side in pile.sides:
            order = (f"-{view.time}", "-id") if pile.over else ("rank", "authored_at", "id")
            tasks += view.tasks.filter(status__in=view.behind(pile.states)).order_by(*order)[:size]
    attach(Referral, (tasks, "referral"))
    attach(Agency, (tasks, "requester"), (tasks, "owner"))
    told = _told(actor, [task.referral_id for task in tasks]) if actor.sworn else frozenset()
    shown = ((task, showing.show(task, actor.agency_id, told=task.referral_id in told)) for task in tasks)
    return [_row(actor, task, view) for task, view in shown if view is not None]


def _told(actor: Actor, referral_ids: Collection[UUID]) -> frozenset[UUID]:
    places = Participation.objects.of(actor).filter(referral_id__in=referral_ids)
    return showing.told_among(places, at=timezone.now())


def _row(actor: Actor, task: ReferralTask, view: showing.ShownTask) -> BoardRow:
    urgent = urgency.shown(task.referral, sworn=actor.sworn)
    return BoardRow(
        actor=actor,
        referral_id=task.referral_id,
        reference=task.referral.reference,
        priority=urgent.priority,
        service_type=task.referral.service_type,
        asked_at=task.authored_at,
        task=view,
        other=(task.owner if view.side is Side.REQUESTER else task.requester).name,
        ambulance=urgent.ambulance,
    )


def _order(pile: Pile) -> Callable[[BoardRow], tuple[float, ...]]:
    """Closed: newest first. All else: the most urgent first, and of those who waits longest."""
    ranks = {level.value: rank for rank, level in enumerate(URGENCY)}
    if pile.over:
        return lambda row: (-row.task.changed_at.timestamp(),)
    return lambda row: (ranks[row.priority], row.asked_at.timestamp())


def about(actor: Actor, referral_ids: Collection[UUID]) -> list[BoardRow]:
    """The tasks of these referrals that are before the actor's agency, in any state, newest first. One event."""
    recording.record(actor, "referral.list", code="found")
    every = Pile(name="", label="", empty="", sides=frozenset(Side), states=frozenset(State), over=True)
    views = [replace(view, tasks=view.tasks.filter(referral_id__in=referral_ids)) for view in _views(actor, ())]
    return sorted(_rows(actor, every, views, len(referral_ids) * 8), key=_order(every))
