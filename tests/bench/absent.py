"""Absent: does time tell a stranger that a resource is there? Another agency's is asked for in turn with nobody's."""

from collections.abc import Callable, Iterator
from itertools import cycle
from time import perf_counter
from uuid import UUID, uuid4

from referrals import finding, resources
from referrals.acts import AddSection, Send, TakeStep
from referrals.errors import NotFound
from referrals.finding import TaskQuery
from referrals.models import ReferralTask, Section
from referrals.perform import perform
from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.county import SCREEN, bundle_of, make_county

REFERRALS = 25
WARM = 30
Ask = Callable[[UUID], None]


def measure(run: Run) -> Iterator[Figure]:
    """How far each door is from a coin's toss: 0 is one distribution, 0.5 is two that never meet."""
    county = make_county()
    sent = [perform(county.officer, [Send(data=bundle_of(SCREEN), to=(county.bhu.id,))]) for _ in range(REFERRALS)]
    patients = list(Section.objects.filter(type="Patient").values_list("resource_id", flat=True))
    tasks = list(ReferralTask.objects.values_list("id", flat=True))
    stranger = county.outsider

    def read(id_: UUID) -> None:
        _refused(lambda: resources.read(stranger, "Patient", str(id_)))

    def step(id_: UUID) -> None:
        _refused(lambda: perform(stranger, [TakeStep(task_id=id_, step="accept")]))

    def add(id_: UUID) -> None:
        _refused(lambda: perform(stranger, [AddSection(referral_id=id_, data=b'{"resourceType": "Patient"}')]))

    def search(id_: UUID) -> None:
        finding.tasks(stranger, TaskQuery(ids=frozenset({id_})), after=None, size=21, rising=False)

    doors: list[tuple[str, list[UUID], Ask]] = [
        ("read", patients, read),
        ("step", tasks, step),
        ("add", [done.referral_id for done in sent], add),
        ("search", tasks, search),
    ]
    for name, there, ask in doors:
        n = run.times(500)
        yield Figure(name=f"absent: {name}, off a coin's toss", value=_apart(ask, there, n), unit="", n=n)


def _refused(ask: Callable[[], object]) -> None:
    try:
        ask()
    except NotFound:
        return
    raise RuntimeError("A stranger was let in.")


def _apart(ask: Ask, there: list[UUID], n: int) -> float:
    """How far the chance that asking for what is there takes longer is from one half (the area under the ROC curve)."""
    foreign, absent = list[float](), list[float]()
    ids = cycle(there)
    for number in range(n + WARM):
        for times, id_ in ((foreign, next(ids)), (absent, uuid4()))[:: 1 if number % 2 else -1]:
            began = perf_counter()
            ask(id_)
            times.append(perf_counter() - began)
    pairs = [(one, other) for one in foreign[WARM:] for other in absent[WARM:]]
    wins = sum(1.0 if one > other else 0.5 if one == other else 0.0 for one, other in pairs)
    return abs(wins / len(pairs) - 0.5)
