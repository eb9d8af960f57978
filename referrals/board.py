"""The board: what is before one's agencies, by who has it now. Lists never unseal.

A pile says whose turn it is; the numbers on the piles and the rows under them are read by one statement, from the same
columns, so that they agree. A sworn sender's own tasks are counted, ordered and shown by his coarse view alone.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, Q, Value, When
from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import Capability
from agencies.compiled import Question, ask_together, question
from agencies.kinds import AgencyKind
from agencies.roles import Role
from referrals.models import Participation, Priority, ReferralTask
from referrals.notices.ladder import ASKER
from referrals.notices.models import Acknowledgement, Call
from referrals.notices.timers import TIMERS, Rung
from referrals.projection import COARSE, STATUS
from referrals.services import recording, showing, urgency
from referrals.workflow import WORKING, Side, State
from referrals.workflow import gettext_noop as _

if TYPE_CHECKING:
    from django.db.models import QuerySet

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
EVERY = Pile(name="", label="", empty="", sides=frozenset(Side), states=frozenset(State), over=True)
COUNTED = {name: pile for name, pile in PILES.items() if not pile.over}

URGENCY = (Priority.STAT, Priority.ASAP, Priority.URGENT, Priority.ROUTINE)
RANK: Mapping[str, int] = MappingProxyType({level.value: rank for rank, level in enumerate(URGENCY)})
LATE: Mapping[str, timedelta] = MappingProxyType(
    {level.value: TIMERS[Rung.ACKNOWLEDGED, level.value].time or timedelta(days=1) for level in URGENCY}
)
"""How long what is asked may wait for its first answer before the board says that it is late (domain rule 1.2)."""


class Key(NamedTuple):
    """Where a row stands in its pile. The page after goes on from it, however many rows there are before."""

    rank: int
    at: datetime
    task_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One task before one actor's agency; nothing of it was sealed.

    ``other`` is the name of the agency on the other side; ``ambulance`` is as in an inbox. ``alarm``: the reader asked,
    it is urgent, the ladder came to its end and nobody said that they have it.
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
    alarm: bool = False

    @property
    def late(self) -> bool:
        """Whether it waits for its first answer longer than its urgency allows."""
        waiting = self.task.status == State.REQUESTED.value
        return waiting and timezone.now() - self.asked_at > LATE[self.priority]

    def key(self, pile: Pile) -> Key:
        """What is over stands newest first; all else by urgency, and then by who waits longest."""
        if pile.over:
            return Key(0, self.task.changed_at, self.task.id)
        return Key(RANK[self.priority], self.asked_at, self.task.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """What a person sees: how many wait in each pile, and the rows of one of them.

    ``last`` is the key of the last row, if there are more after it; ``mark`` is what ``mark`` says of these places.
    """

    numbers: Mapping[str, int]
    rows: Sequence[BoardRow]
    last: Key | None
    mark: str


def board(
    actors: Sequence[Actor],
    pile: Pile,
    *,
    priorities: Collection[str] = (),
    after: Key | None = None,
    size: int = PAGE,
) -> Board:
    """The board of one person's places, from the row ``after`` on; each look is one event of each agency.

    ``priorities`` narrows numbers and rows alike. A role without a worklist adds nothing and is not refused: it is
    one person's other places that are asked for.
    """
    views, named = _views(actors), tuple(sorted(priorities))
    shown = [view for view in views if view.side in pile.sides]
    page = _page_after(after, pile, named, size + 1)
    asked = [[view.question(_tally, only) for view in views] for only in dict.fromkeys(((), named))]
    found = iter(ask_together(*(each for tallies in asked for each in tallies), *map(page, shown)))
    counted = [[next(found) for _ in tallies] for tallies in asked]
    rows = [row for view in shown for row in _rows(view.actor, next(found))]
    for actor in dict.fromkeys(view.actor for view in views):
        recording.record(actor, "referral.list", code=pile.name)
    rows.sort(key=lambda row: row.key(pile), reverse=pile.over)
    end = _end(rows, size)
    return Board(
        numbers=_numbers(views, counted[-1]),
        rows=rows[:end],
        last=rows[end - 1].key(pile) if end < len(rows) else None,
        mark=_mark(views, counted[0]),
    )


def _end(rows: Sequence[BoardRow], size: int) -> int:
    """Where a page ends: one task before two agencies of one person has one key, and stands on one page."""
    end = min(size, len(rows))
    while 0 < end < len(rows) and rows[end].task.id == rows[end - 1].task.id:
        end += 1
    return end


def mark(actors: Sequence[Actor]) -> str:
    """A short digest that changes when what these places are shown does; it tells nothing else.

    For a page that asks every few seconds whether it is still true: one query, no event, no rows.
    """
    views = _views(actors)
    return _mark(views, ask_together(*(view.question(_tally, ()) for view in views)))


def about(actor: Actor, referral_ids: Collection[UUID]) -> list[BoardRow]:
    """The tasks of these referrals that are before the actor's agency, in any state, newest first. One event."""
    recording.record(actor, "referral.list", code="found")
    views = _views([actor])
    found = ask_together(*(view.question(_about, referral_ids=list(referral_ids)) for view in views))
    rows = [row for some in found for row in _rows(actor, some)]
    return sorted(rows, key=lambda row: row.key(EVERY), reverse=True)


Make = Callable[..., "QuerySet[ReferralTask, Any]"]
SIDES = (Side.OWNER, Side.REQUESTER)


@dataclass(frozen=True, slots=True)
class _View:
    """The tasks one agency is one side of, and what of them it is shown: the state, and the time of its last change."""

    actor: Actor
    side: Side

    @property
    def coarse(self) -> bool:
        """Whether a sworn sender looks: at less, and later."""
        return self.actor.sworn and self.side is Side.REQUESTER

    @property
    def time(self) -> str:
        """The column of the last change that is shown."""
        return "coarse_at" if self.coarse else "changed_at"

    def shown(self, state: State) -> State:
        """What a state is shown as."""
        return STATUS[COARSE[state]] if self.coarse else state

    def behind(self, states: frozenset[State]) -> list[str]:
        """The states that are shown as one of these."""
        return [state.value for state in State if self.shown(state) in states]

    def tasks(self, at: datetime, priorities: Collection[str] = ()) -> "QuerySet[Any]":
        """Those of referrals that the actor works with, with the ``rank`` of their urgency."""
        places = Participation.objects.of(self.actor).live(at).granted(self.actor, at=at)
        mine = {Side.OWNER: "owner_id", Side.REQUESTER: "requester_id"}[self.side]
        found = ReferralTask.objects.filter(
            Exists(places.filter(referral_id=OuterRef("referral_id"))), **{mine: self.actor.agency_id}
        )
        column = f"referral__{urgency.priority_column(sworn=self.actor.sworn)}"
        if priorities:
            found = found.filter(**{f"{column}__in": list(priorities)})
        ranks = [When(**{column: level}, then=Value(rank)) for level, rank in RANK.items()]
        return found.annotate(rank=Case(*ranks, default=Value(len(RANK)), output_field=IntegerField()))

    def alarmed(self, found: "QuerySet[Any]") -> "QuerySet[Any]":
        """With whether who asked was told to call about it, and whether somebody said that they have it."""
        if self.side is Side.OWNER:
            return found
        told = Call.objects.filter(task=OuterRef("pk"), rung=Rung.ACKNOWLEDGED.value, level=ASKER)
        had = Acknowledgement.objects.filter(task=OuterRef("pk"))
        alarmed: QuerySet[Any] = found.annotate(told=Exists(told), had=Exists(had))
        return alarmed

    def question(self, make: Make, *fixed: Hashable, **values: object) -> Question:
        """What ``make(view, *fixed, at=…, **values)`` asks. Whose view it is is a value: one a role is compiled."""
        who = self.actor
        kinds = (who.kind, who.role, who.capabilities, self.side)
        ids = {"membership_id": who.membership_id, "agency_id": who.agency_id}
        return question(_seen, make, kinds, fixed, at=timezone.now(), **ids, **values)


def _seen(
    make: Make,
    kinds: tuple[AgencyKind, Role, frozenset[Capability], Side],
    fixed: tuple[Hashable, ...],
    *,
    membership_id: UUID,
    agency_id: UUID,
    **values: object,
) -> "QuerySet[ReferralTask, Any]":
    kind, role, capabilities, side = kinds
    actor = Actor(membership_id=membership_id, agency_id=agency_id, kind=kind, role=role, capabilities=capabilities)
    return make(_View(actor, side), *fixed, **values)


def _views(actors: Iterable[Actor]) -> list[_View]:
    return [_View(actor, side) for actor in actors if actor.may(Capability.VIEW_INBOX) for side in SIDES]


def _tally(view: _View, priorities: tuple[str, ...], *, at: datetime) -> "QuerySet[ReferralTask, Any]":
    """What is not over, by its state: how many, and the last change. Few, however long the agency is on the network."""
    found = view.tasks(at, priorities).filter(status__in=view.behind(OPEN)).order_by()
    tally: QuerySet[ReferralTask, Any] = found.values_list("status").annotate(Count("pk"), Max(view.time))
    return tally


def _page_after(after: Key | None, pile: Pile, priorities: tuple[str, ...], size: int) -> Callable[[_View], Question]:
    """What asks a view for the rows of a pile after one."""
    if after is None:
        return lambda view: view.question(_page, pile.name, priorities, size)
    key = {"since": after.at, "task_id": after.task_id}
    return lambda view: view.question(_page, pile.name, priorities, size, after.rank, **key)


def _page(
    view: _View,
    name: str,
    priorities: tuple[str, ...],
    size: int,
    rank: int | None = None,
    *,
    at: datetime,
    since: datetime | None = None,
    task_id: UUID | None = None,
) -> "QuerySet[ReferralTask]":
    """The first rows of a pile on one side, or the first after a key; an index walk for what is over."""
    pile = PILES[name]
    found = view.tasks(at, priorities).filter(status__in=view.behind(pile.states))
    if pile.over:
        if since is not None:
            found = found.filter(**{f"{view.time}__lte": since}).exclude(**{view.time: since}, id__gte=task_id)
        found = found.order_by(f"-{view.time}", "-id")
    else:
        if since is not None:
            later = Q(authored_at__gt=since) | Q(authored_at=since, id__gt=task_id)
            found = found.filter(Q(rank__gt=rank) | Q(later, rank=rank))
        found = found.order_by("rank", "authored_at", "id")
    return view.alarmed(found.select_related("referral", "requester", "owner"))[:size]


def _about(view: _View, *, at: datetime, referral_ids: Collection[UUID]) -> "QuerySet[ReferralTask]":
    found = view.tasks(at).filter(referral_id__in=referral_ids).select_related("referral", "requester", "owner")
    return view.alarmed(found)


Tallies = Sequence[list[tuple[str, int, datetime]]]


def _numbers(views: Sequence[_View], tallies: Tallies) -> Counter[str]:
    found = Counter[str](dict.fromkeys(COUNTED, 0))
    for view, tally in zip(views, tallies, strict=True):
        for status, number, _last in tally:
            shown = view.shown(State(status))
            for pile in COUNTED.values():
                if view.side in pile.sides and shown in pile.states:
                    found[pile.name] += number
    return found


def _mark(views: Sequence[_View], tallies: Tallies) -> str:
    """Of each side how many are open and when the last changed, as that is shown: not in which state each is."""
    told = [
        (sum(number for _status, number, _last in tally), max((last for *_, last in tally), default=None))
        for _view, tally in zip(views, tallies, strict=True)
    ]
    return sha256(repr(told).encode()).hexdigest()[:16]


def _rows(actor: Actor, tasks: Sequence[ReferralTask]) -> list[BoardRow]:
    told = _told(actor, [task.referral_id for task in tasks]) if actor.sworn and tasks else frozenset()
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
        alarm=_alarms(task, view, urgent.priority),
    )


def _alarms(task: ReferralTask, view: showing.ShownTask, priority: str) -> bool:
    told, had = getattr(task, "told", False), getattr(task, "had", False)
    return bool(told) and not had and view.status == State.REQUESTED.value and priority != Priority.ROUTINE.value
