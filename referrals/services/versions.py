"""The versions of a stored resource as one reader may see them: unsealed, laid over, cut; or told from columns."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from agencies.actor import Actor
from agencies.models import Agency
from agencies.vault import manifests
from agencies.vault.errors import Forged
from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.notices import Notice
from referrals.consents.models import ConsentTerms
from referrals.models import Participation, ReferralTask, Section, StepTaken
from referrals.policy import outbound
from referrals.policy.terms import Standing
from referrals.workflow import Side

from . import chain, columns, seeing, showing
from .columns import RequestRow, TaskRow
from .rows import attach, select
from .seeing import Sight
from .unsealing import Opened


class Author(NamedTuple):
    """Who made a version, as far as its reader is told: an agency, and who in it if it is the reader's own."""

    agency_id: UUID
    membership_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a resource as its reader may see it: its exact ``tree``, or the ``row`` of what columns tell.

    ``cut``: fields of the tree are left out. ``signature`` is the author's over the tree: "" if there is none, it was
    not asked for, the reader is not told of the author, or not shown all, because it would say what is left out.
    ``notices`` and ``scopes`` go wherever the tree goes; raises ``NoticeMissing`` rather than be made without them.
    """

    type: str
    id: UUID
    number: int
    at: datetime
    tree: "Object | None" = None
    row: TaskRow | RequestRow | None = None
    cut: bool = False
    author: Author | None = None
    signature: str = ""
    compartment: Compartment | None = None
    notices: tuple[Notice, ...] = ()
    scopes: tuple[outbound.Scope, ...] = ()

    def __post_init__(self) -> None:
        outbound.require_notices([self.compartment] if self.compartment else [], self.notices)


class Stored(NamedTuple):
    """A resource as it lies: its versions, oldest first, and the task it is or is only for the two sides of."""

    rows: list[Section]
    task: ReferralTask | None

    @property
    def newest(self) -> Section:
        """The version in force."""
        return self.rows[-1]

    @property
    def compartment(self) -> Compartment:
        """Where it lies: a correction stays in its place."""
        return Compartment(self.newest.compartment)

    @property
    def told(self) -> bool:
        """Whether columns may tell of it to who opens nothing of it."""
        return self.newest.type == "Task" or self.newest.resource_id == self.newest.folder_id


def opened(
    actor: Actor, sight: Sight, wanted: Collection[Stored], *, every: bool, signed: bool = False
) -> Iterator[list[Version]]:
    """The versions of each of ``wanted`` that this actor's role has a key and fields for, oldest first.

    ``signed``: with their authors' signatures.
    """
    for stored in wanted:
        _require_all(sight.state, stored)
    rows = [row for stored in wanted for row in (stored.rows if every else stored.rows[-1:])]
    found = seeing.unsealed(actor, sight, rows)
    sections = {row.id: section for row, section in found}
    signatures = seeing.attested(actor, sight, found) if signed else {}
    cut = seeing.cutter(actor, sight.mine, {stored.compartment for stored in wanted})
    for stored in wanted:
        mine = [(row, sections[row.id]) for row in stored.rows if row.id in sections]
        past = every or signed
        states = _task_states(sight, stored, mine, past) if stored.newest.type == "Task" else _states(sight, mine)
        yield [
            _version(state, shown, sight.scopes, signatures.get(state.row.id, ""))
            for state in states
            if (shown := cut(state.row, state.section)) is not None
        ]


def _require_all(state: manifests.State, stored: Stored) -> None:
    """Raise ``CannotOpen`` unless these rows are exactly the versions that were signed."""
    for row in stored.rows:
        chain.require_genuine(state, row)
    name = str(stored.newest.resource_id)
    if {line.section_id for line in state.sections.values() if line.resource_id == name} != {
        row.id for row in stored.rows
    }:
        raise Forged("section missing")


class State(NamedTuple):
    """A stored version, the number and time it is shown under, what is in it, and who made it so."""

    row: Section
    number: int
    at: datetime
    section: Opened
    author: Author | None


def _states(sight: Sight, opened: list[tuple[Section, Opened]]) -> Iterator[State]:
    """Each stored version as it was written; what changed beside the last one since is a version more."""
    for row, section in opened:
        yield State(row, row.version, row.created_at, section, _author(sight, row, section))
    if opened:
        row, section = opened[-1]
        now = seeing.as_it_is(section, sight)
        if now is not section:
            yield State(row, row.version + 1, CHANGED[row.type](sight, row), now, None)


def _author(sight: Sight, row: Section, section: Opened) -> Author | None:
    if section.agency_id is None:
        return None
    mine = section.agency_id == sight.mine.agency_id
    return Author(section.agency_id, row.membership_id if mine else None)


def _closed_at(sight: Sight, row: Section) -> datetime:
    return columns.closed_at([sight.referral.pk]).get(sight.referral.pk, row.created_at)


def _stopped_at(_sight: Sight, row: Section) -> datetime:
    terms = ConsentTerms.objects.filter(folder_id=row.folder_id, consent=row.resource_id)
    since = terms.exclude(standing=Standing.ACTIVE.value).order_by("-id").values_list("at", flat=True).first()
    return since or row.created_at


CHANGED: dict[str, Callable[[Sight, Section], datetime]] = {"ServiceRequest": _closed_at, "Consent": _stopped_at}
"""When what is laid over a resource of this type came to be so."""


def _task_states(
    sight: Sight,
    stored: Stored,
    opened: list[tuple[Section, Opened]],
    every: bool,
) -> Iterator[State]:
    shown = sight.tasks.get(stored.newest.resource_id)
    if shown is None or stored.task is None:
        return
    for row, section in opened[-1:]:
        for state, author in _shown_states(sight.mine, stored.task, shown) if every else [(shown, None)]:
            yield State(row, state.version, state.changed_at, _task_in(section, state), author)


def _task_in(section: Opened, state: showing.ShownTask) -> Opened:
    if state.version == 1 and section.tree["status"] == state.status:
        return section
    tree = seeing.task_as(
        section.tree,
        status=state.status,
        business_status=state.business_status,
        reason=state.reason,
        at=state.changed_at,
    )
    return replace(section, tree=tree)


def _shown_states(
    mine: Participation, task: ReferralTask, shown: showing.ShownTask
) -> Iterator[tuple[showing.ShownTask, Author | None]]:
    """The states a task went through as this place is shown them, all or a sworn sender's coarse ones, and by whom."""
    steps = sorted(select(StepTaken, task_id=task.id), key=lambda step: step.version)
    attach(Agency, ([mine], "agency"), (steps, "agency"), ([task], "owner"), ([task], "requester"))
    coarse = shown.side is Side.REQUESTER and mine.agency.sworn
    number = 0
    for step in steps:
        step.task = task
        for line in showing.history([step], mine.agency):
            number = number + 1 if coarse else step.version
            state = replace(
                shown,
                status=line.status,
                business_status="" if coarse else step.business_status,
                reason=line.reason,
                version=number,
                changed_at=line.at,
            )
            yield state, _taker(mine, task, step, line)


def _taker(mine: Participation, task: ReferralTask, step: StepTaken, line: showing.ShownStep) -> Author | None:
    """Who took a step, as ``line`` tells it to this place."""
    by = next((side for side in (task.requester, task.owner) if side.slug == line.by), None)
    if by is None:
        return None
    return Author(by.id, step.membership_id if by.id == step.agency_id == mine.agency_id else None)


def told(mine: Participation, stored: Stored, *, every: bool) -> list[Version]:
    """What columns tell of a task or of the request itself, oldest first."""
    if stored.task is not None and stored.newest.type == "Task":
        return [
            Version(
                type="Task",
                id=stored.task.id,
                number=row.shown.version,
                at=row.shown.changed_at,
                row=row,
                author=author,
            )
            for row, author in _task_rows(mine, stored.task, every=every)
        ]
    (row,) = columns.request_rows([mine])
    first = replace(row, status="active", version=1, at=row.created_at)
    rows = [first, row] if row.version > 1 else [row]
    return [Version(type="ServiceRequest", id=each.id, number=each.version, at=each.at, row=each) for each in rows]


def _task_rows(mine: Participation, task: ReferralTask, *, every: bool) -> Iterator[tuple[TaskRow, Author | None]]:
    for row in columns.task_rows([task], mine.agency_id):
        states = _shown_states(mine, task, row.shown) if every else [(row.shown, None)]
        yield from ((replace(row, shown=state), author) for state, author in states)


def _version(state: State, shown: Opened, scopes: tuple[outbound.Scope, ...], signature: str) -> Version:
    row, number, at, section, author = state
    whole = shown is section and number == row.version
    return Version(
        type=row.type,
        id=row.resource_id,
        number=number,
        at=at,
        tree=shown.tree,
        cut=shown is not section,
        author=author,
        signature=signature if whole and author is not None else "",
        compartment=shown.compartment,
        notices=outbound.notices_for([shown.compartment]),
        scopes=scopes,
    )
