"""Timing: the CPU of this process and of its database, the wall clock, and what disturbed them.

CPU comes first because other programs disturb it least; on a shared host they still slow every instruction down,
so between rounds a yardstick, always the same work, is timed too. A run is cut into rounds and the median round
counts, so that one burst of a neighbour's work does not.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles

from django.db import close_old_connections

from tests.bench.backends import Backends
from tests.bench.figures import Figure

ROUNDS = 5
PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Seconds of each operation on the wall and of CPU, then of all together: database and the rest of the host.

    ``yardstick`` is the CPU of the fixed work, timed right after.
    """

    wall: list[float]
    cpu: list[float]
    backend: float | None
    others: float | None
    yardstick: float

    @property
    def p95(self) -> float:
        return percentile(self.wall, 95)


def percentile(values: list[float], percent: int) -> float:
    """A percentile, interpolated between the two nearest values."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def timed(operation: Callable[[], object], *, n: int, warm: int, backends: Backends) -> list[Round]:
    """Run ``operation`` ``warm`` times unmeasured, then ``n`` times in rounds.

    Each is followed by what the end of a request does with connections, inside the measured time.
    """

    def request() -> None:
        operation()
        close_old_connections()

    for _ in range(warm):
        request()
    return [one_round(request, n=n // ROUNDS, backends=backends) for _ in range(ROUNDS)]


def figures(name: str, rounds: list[Round]) -> Iterator[Figure]:
    """The figures every timed suite has; ``per app core`` counts this process's CPU alone."""
    wall = [second for each in rounds for second in each.wall]
    cpu = [second for each in rounds for second in each.cpu]
    n = len(wall)
    yield Figure(name=f"{name}: per app core", value=1 / median(mean(each.cpu) for each in rounds), unit="/s", n=n)
    yield Figure(name=f"{name}: app CPU median", value=median(cpu) * 1000, unit="ms", n=n)
    served = [each.backend / len(each.wall) for each in rounds if each.backend is not None]
    if served:
        yield Figure(name=f"{name}: database CPU", value=median(served) * 1000, unit="ms", n=n)
    yield Figure(name=f"{name}: wall median", value=median(wall) * 1000, unit="ms", n=n)
    yield Figure(name=f"{name}: wall p95", value=median(each.p95 for each in rounds) * 1000, unit="ms", n=n)
    yield from busy(name, rounds)


def busy(name: str, rounds: list[Round]) -> Iterator[Figure]:
    """What to hold against the figures: how many cores others used meanwhile, and how slow this machine was."""
    others = [each.others / sum(each.wall) for each in rounds if each.others is not None]
    if others:
        yield Figure(name=f"{name}: (cores others used)", value=median(others), unit="cores", n=len(others))
    slow = median(each.yardstick for each in rounds) * 1000
    yield Figure(name=f"{name}: (yardstick)", value=slow, unit="ms", n=len(rounds))


def one_round(operation: Callable[[], object], *, n: int, backends: Backends) -> Round:
    """Time ``n`` operations, one by one."""
    wall, cpu = list[float](), list[float]()
    host, served = host_cpu(), backends.cpu()
    for _ in range(n):
        began, used = time.perf_counter(), time.process_time()
        operation()
        cpu.append(time.process_time() - used)
        wall.append(time.perf_counter() - began)
    backend = None if served is None else (backends.cpu() or 0.0) - served
    others = None if host is None else max(0.0, (host_cpu() or 0.0) - host - sum(cpu) - (backend or 0.0))
    return Round(wall=wall, cpu=cpu, backend=backend, others=others, yardstick=yardstick())


def yardstick() -> float:
    """Seconds of CPU that a fixed piece of Python takes here and now, the median of nine."""
    return median(_fixed_work() for _ in range(9))


def _fixed_work() -> float:
    used = time.process_time()
    made = {f"key {number}": [number, str(number), {"a": number}] for number in range(2000)}
    hashlib.sha256(json.dumps(made).encode()).digest()
    return time.process_time() - used


def host_cpu() -> float | None:
    """Seconds of CPU the whole host has used, ``None`` where /proc does not say."""
    try:
        words = (PROC / "stat").read_text().split("\n", 1)[0].split()
    except OSError:
        return None
    # user nice system idle iowait irq softirq steal: all but the two idle ones were work
    return sum(int(words[column]) for column in (1, 2, 3, 6, 7, 8)) / os.sysconf("SC_CLK_TCK")
