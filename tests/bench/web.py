"""Web: how long the demo takes to load and ``manage.py up`` to its first page, and the memory of one process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import median

import psutil

from tests.bench.figures import Figure
from tests.bench.serving import free_port, page, server, serving
from tests.bench.suites import Run
from tests.databases import ROOT

STARTS = 3
PAGES = 50
MIB = 1 << 20


def measure(run: Run) -> Iterator[Figure]:
    """On the embedded default, with the demo network and its history loaded, as somebody's second start finds it."""
    _load("--network")
    began = time.monotonic()
    _load("--history")
    yield Figure(name="web: demo's history loaded", value=time.monotonic() - began, unit="s", n=1)
    seconds = [_start() for _ in range(1 if run.quick else STARTS)]
    yield Figure(name="web: warm start to first page", value=median(seconds), unit="s", n=len(seconds))
    yield from _memory()


def _load(part: str) -> None:
    subprocess.run([sys.executable, "manage.py", "demo_load", part], cwd=ROOT, stdout=sys.stderr, check=True)


def _start() -> float:
    port = free_port()
    with serving([sys.executable, "manage.py", "up", "--port", str(port)], port) as (seconds, _):
        return seconds


def _memory() -> Iterator[Figure]:
    port = free_port()
    with serving(server(port), port) as (_, process):
        worker = max(psutil.Process(process.pid).children(recursive=True), key=lambda each: each.memory_info().rss)
        yield Figure(name="web: memory of one process", value=worker.memory_info().rss / MIB, unit="MiB", n=1)
        # fhir.resources cannot be loaded without pydantic, whose compiled half the process map shows.
        loaded = any("pydantic_core" in line.path for line in worker.memory_maps())
        yield Figure(name="web: fhir.resources loaded", value=float(loaded), unit="", n=1)
        for _ in range(PAGES):
            page(port)
        name = f"web: memory after {PAGES} pages"
        yield Figure(name=name, value=worker.memory_info().rss / MIB, unit="MiB", n=PAGES)
