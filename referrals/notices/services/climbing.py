"""The ladder over every open task: who is to be called by now is told, once; what is urgent and unanswered is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from agencies.models import Agency
from audit import log
from referrals.models import ReferralTask, StepTaken
from referrals.notices.ladder import Due, Facts, alarms, due
from referrals.notices.models import Acknowledgement, AgencyTimer, Call, Reach
from referrals.notices.oncall import Turn, on_call
from referrals.notices.working import Hours, Pace
from referrals.services import chain, telling
from referrals.workflow import WORKING, State

from .addressing import turns_of

OPEN = [state.value for state in (State.REQUESTED, *sorted(WORKING))]
ACCEPTED, CAME, WENT_ON = "accept", "attend", "schedule"
SYSTEM = "System/notices"
AT_ONCE = 500


def climb(*, at: datetime, referral_id: UUID | None = None) -> int:
    """Make every call that is due by ``at``, over all open tasks or those of one referral. Returns how many."""
    found = ReferralTask.objects.filter(status__in=OPEN)
    if referral_id is not None:
        found = found.filter(referral_id=referral_id)
    return sum(climb_one(task, view, at=at) for task, view in views_of(found))


def unanswered(*, at: datetime) -> list[tuple[str, datetime]]:
    """The agencies that have something urgent past its time that nobody acknowledged, and since when it waits."""
    late: dict[str, datetime] = {}
    for task, view in views_of(ReferralTask.objects.filter(status=State.REQUESTED.value)):
        if alarms(view.facts, view.pace, at=at):
            slug = task.owner.slug
            late[slug] = min(late.get(slug, task.authored_at), task.authored_at)
    return sorted(late.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One task as the ladder sees it: the facts, by what its owner is measured, and its owner's rota.

    ``shown``: the facts as whoever asked is shown them. When police are told to call says nothing of what others found.
    """

    facts: Facts
    shown: Facts
    pace: Pace
    turns: tuple[Turn, ...]
    made: frozenset[tuple[str, int]]


def views_of(found: QuerySet[ReferralTask]) -> Iterator[tuple[ReferralTask, View]]:
    """The tasks with their views; a few queries for each five hundred, and three for each agency that is asked."""
    tasks = list(found.select_related("referral", "owner", "requester").order_by("id"))
    paces = Paces()
    for start in range(0, len(tasks), AT_ONCE):
        yield from _views(tasks[start : start + AT_ONCE], paces)


def _views(tasks: list[ReferralTask], paces: "Paces") -> Iterator[tuple[ReferralTask, View]]:
    made: dict[UUID, set[tuple[str, int]]] = defaultdict(set)
    calls = Call.objects.filter(task__in=[task.pk for task in tasks])
    for task_id, rung, level in calls.values_list("task_id", "rung", "level"):
        made[task_id].add((rung, level))
    for task, owner, asker in facts_of(tasks):
        pace, turns = paces.of(task.owner), paces.turns(task.owner_id)
        yield task, View(facts=owner, shown=asker, pace=pace, turns=turns, made=frozenset(made[task.pk]))


def facts_of(tasks: Sequence[ReferralTask]) -> Iterator[tuple[ReferralTask, Facts, Facts]]:
    """The tasks with the facts of each, as its owner and as whoever asked is shown them; two queries."""
    ids = [task.pk for task in tasks]
    times, said = _times(ids), dict(Acknowledgement.objects.filter(task__in=ids).values_list("task_id", "at"))
    for task in tasks:
        owner, asker = (
            _facts(task, times, said.get(task.pk), sworn=agency.sworn) for agency in (task.owner, task.requester)
        )
        yield task, owner, asker


def _times(ids: Collection[UUID]) -> Mapping[tuple[UUID, str], list[datetime]]:
    """When each step was taken on each task."""
    found: dict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    steps = StepTaken.objects.filter(task__in=ids, name__in=(ACCEPTED, CAME, WENT_ON)).order_by("at")
    for task_id, name, taken_at in steps.values_list("task_id", "name", "at"):
        found[task_id, name].append(taken_at)
    return found


def _facts(
    task: ReferralTask, times: Mapping[tuple[UUID, str], list[datetime]], said: datetime | None, *, sworn: bool
) -> Facts:
    """``came`` once is arrival; a second time, or the next appointment after it, is going on."""
    came = times.get((task.pk, CAME), [])
    later = [each for each in (*came[1:], *times.get((task.pk, WENT_ON), [])) if came and each > came[0]]
    return Facts(
        asked_at=task.authored_at,
        urgency=task.referral.said_priority if sworn else task.referral.priority,
        service=task.referral.service_type,
        acknowledged_at=said,
        decided_at=next(iter(times.get((task.pk, ACCEPTED), [])), None),
        arrived_at=came[0] if came else None,
        engaged_at=min(later, default=None),
        over=task.status == State.ON_HOLD.value,
        reached=task.owner.connected,
        asker_learns=not task.requester.sworn,
    )


@dataclass(slots=True)
class Paces:
    """By what each agency is measured, asked once each."""

    found: dict[UUID, Pace] = field(default_factory=dict)
    rotas: dict[UUID, tuple[Turn, ...]] = field(default_factory=dict)

    def of(self, agency: Agency) -> Pace:
        """The agency's hours, and the limits it set for itself."""
        if agency.pk not in self.found:
            reach = Reach.objects.filter(agency=agency).first() or Reach(agency=agency)
            rows = AgencyTimer.objects.filter(agency=agency).values_list("rung", "urgency", "minutes")
            self.found[agency.pk] = Pace(
                hours=Hours(
                    zone=agency.time_zone, state=agency.state, days=reach.days, opens=reach.opens, closes=reach.closes
                ),
                own={(rung, urgency): minutes for rung, urgency, minutes in rows},
            )
        return self.found[agency.pk]

    def turns(self, agency_id: UUID) -> tuple[Turn, ...]:
        """The agency's rota."""
        if agency_id not in self.rotas:
            self.rotas[agency_id] = turns_of(agency_id)
        return self.rotas[agency_id]


def climb_one(task: ReferralTask, view: View, *, at: datetime) -> int:
    """Make the calls over one task that are due and were not made. Returns how many."""
    people = on_call(view.turns, at=at, zone=task.owner.time_zone)
    for_owner, for_asker = (due(facts, view.pace, at=at, called=len(people)) for facts in (view.facts, view.shown))
    found = [each for each in for_owner if not each.to_asker] + [each for each in for_asker if each.to_asker]
    calls = [each for each in found if _key(each) not in view.made]
    if not calls:
        return 0
    with transaction.atomic():
        locked = ReferralTask.objects.select_for_update(no_key=True, skip_locked=True)
        if locked.filter(pk=task.pk, version=task.version).first() is None:
            return 0  # somebody is at it: what they do may stop the clock
        return _make(task, calls, people, at=at)


def _key(each: Due) -> tuple[str, int]:
    return each.rung.value, each.level


def _make(task: ReferralTask, calls: Iterable[Due], people: tuple[UUID, ...], *, at: datetime) -> int:
    """Write the calls that nobody made meanwhile, each with its notice."""
    made = set(Call.objects.filter(task=task).values_list("rung", "level"))
    fresh = [each for each in calls if _key(each) not in made]
    for each in fresh:
        agency_id = task.requester_id if each.to_asker else task.owner_id
        (notice,) = telling.notices(agency_id, task.referral_id, each.code, at=at, task=task)
        notice.save(force_insert=True)
        whom = None if each.to_asker else _whom(people, each.level)
        Call.objects.create(
            task=task, rung=each.rung.value, level=each.level, code=each.code, membership_id=whom, notice=notice, at=at
        )
        log.record(
            action="task.call",
            target=chain.target(task.referral_id),
            actor=SYSTEM,
            agency=str(agency_id),
            code=f"{each.rung}+{each.code}",
        )
    return len(fresh)


def _whom(people: tuple[UUID, ...], level: int) -> UUID | None:
    """The one whose turn it is: the first is warned, then the next is called, and so on; the only one, again."""
    if not people:
        return None
    return people[min(level, len(people) - 1)]
