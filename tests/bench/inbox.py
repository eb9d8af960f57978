"""Inbox: the newest 25 rows of one agency, recorded, in a small network's database and in a large one's.

Whose inbox it is matters more than the size of the table: an agency of usual size, the largest, one with a few old
referrals only, and the rows of a usual one that wait for an answer. The budgets hold for the worst of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from agencies.actor import Actor
from referrals.listing import inbox
from tests.bench import clocks
from tests.bench.backends import Backends
from tests.bench.clocks import Round
from tests.bench.crowd import make_agencies
from tests.bench.figures import Figure
from tests.bench.loading import fill
from tests.bench.suites import Run
from tests.databases import ALIASES, Pair, connected

SMALL, LARGE, QUICK_LARGE = 10_000, 1_000_000, 100_000
ROUNDS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who looks at an inbox, and what it took in each round, small and large."""

    name: str
    actor: Actor
    waiting: bool = False
    small: list[Round] = field(default_factory=list)
    large: list[Round] = field(default_factory=list)

    def look(self) -> None:
        """What is timed."""
        inbox(self.actor, waiting=self.waiting)

    @property
    def ratio(self) -> float:
        """Large over small: the median of neighbouring rounds, so that a slow minute touches both sides."""
        return median(median(b.wall) / median(a.wall) for a, b in zip(self.small, self.large, strict=True))


def measure(run: Run) -> Iterator[Figure]:
    """Load both databases, then time every reader going to and fro between them."""
    actors = make_agencies()
    for alias in ALIASES:  # a copy needs its source alone
        connections[alias].close()
        connections[alias].close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has one
    readers = [Reader(name=name, actor=actor) for name, actor in actors.items()]
    readers.append(Reader(name="waiting", actor=actors["usual"], waiting=True))
    large = run.pair.copy("inbox_large")
    try:
        size = QUICK_LARGE if run.quick else LARGE
        with connected(run.pair):
            fill(SMALL, say=run.say)
        with connected(large):
            fill(size, say=run.say)
        for _ in range(ROUNDS):
            for reader in readers:
                reader.small.append(_round(reader, run, run.pair))
                reader.large.append(_round(reader, run, large))
        with connected(large):
            yield from _plans(readers, run)
    finally:
        large.drop()
    yield from _figures(readers, size)


def _round(reader: Reader, run: Run, pair: Pair) -> Round:
    with connected(pair):
        for _ in range(3):
            reader.look()
        return clocks.one_round(reader.look, n=run.times(100), backends=Backends(pair))


def _plans(readers: list[Reader], run: Run) -> Iterator[Figure]:
    """Show and keep how the database finds each reader's rows; the most statements any of them needs."""
    plans, most = list[str](), 0
    for reader in readers:
        with CaptureQueriesContext(connection) as captured:
            reader.look()
        most = max(most, len(captured))
        walk = next(each["sql"] for each in captured if 'FROM "referrals_participation"' in each["sql"])
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + walk)
            plans.append("\n".join([f"-- {reader.name}", *(line for (line,) in cursor.fetchall()), ""]))
    text = "\n".join(plans)
    (run.kept / "inbox.plans.txt").write_text(text)
    run.say(text)
    yield Figure(name="inbox: queries", value=most, unit="", n=len(readers))


def _figures(readers: list[Reader], size: int) -> Iterator[Figure]:
    for reader in readers:
        n = sum(len(each.wall) for each in reader.large)
        for rows, rounds in ((SMALL, reader.small), (size, reader.large)):
            wall = median(second for each in rounds for second in each.wall) * 1000
            yield Figure(name=f"inbox, {reader.name}: wall median at {rows:,}", value=wall, unit="ms", n=n)
        cpu = median(second for each in reader.large for second in each.cpu) * 1000
        yield Figure(name=f"inbox, {reader.name}: app CPU at {size:,}", value=cpu, unit="ms", n=n)
        served = [each.backend / len(each.wall) * 1000 for each in reader.large if each.backend is not None]
        if served:
            name = f"inbox, {reader.name}: database CPU at {size:,}"
            yield Figure(name=name, value=median(served), unit="ms", n=n)
        yield Figure(name=f"inbox, {reader.name}: large over small", value=reader.ratio, unit="", n=n)
    n = sum(len(each.wall) for reader in readers for each in reader.large)
    p95 = max(median(each.p95 for each in reader.large) for reader in readers) * 1000
    yield Figure(name="inbox: wall p95", value=p95, unit="ms", n=n)
    yield Figure(name="inbox: large over small", value=max(reader.ratio for reader in readers), unit="", n=n)
    yield from clocks.busy("inbox", [each for reader in readers for each in reader.large])
