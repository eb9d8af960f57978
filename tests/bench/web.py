"""Web: the memory of one process that serves pages, and the time from ``manage.py up`` to the first page."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from tests.bench.figures import Figure
from tests.bench.suites import Run
from tests.databases import ROOT

STARTS = 3
PAGES = 50
LIMIT = 60.0  # seconds to wait for a first page
MIB = 1 << 20


def measure(run: Run) -> Iterator[Figure]:
    """On the embedded default, with the demo network loaded, as somebody's second start finds it."""
    subprocess.run([sys.executable, "manage.py", "demo_load"], cwd=ROOT, stdout=sys.stderr, check=True)
    seconds = [_start() for _ in range(1 if run.quick else STARTS)]
    yield Figure(name="web: warm start to first page", value=median(seconds), unit="s", n=len(seconds))
    yield from _memory()


def _start() -> float:
    port = _free_port()
    with _serving([sys.executable, "manage.py", "up", "--port", str(port)], port) as (seconds, _):
        return seconds


def _memory() -> Iterator[Figure]:
    port = _free_port()
    with _serving([sys.executable, "-m", "bhu.setup.web", "127.0.0.1", str(port)], port) as (_, process):
        worker = max(psutil.Process(process.pid).children(recursive=True), key=lambda each: each.memory_info().rss)
        yield Figure(name="web: memory of one process", value=worker.memory_info().rss / MIB, unit="MiB", n=1)
        # fhir.resources cannot be loaded without pydantic, whose compiled half the process map shows.
        loaded = any("pydantic_core" in line.path for line in worker.memory_maps())
        yield Figure(name="web: fhir.resources loaded", value=float(loaded), unit="", n=1)
        for _ in range(PAGES):
            _page(port)
        name = f"web: memory after {PAGES} pages"
        yield Figure(name=name, value=worker.memory_info().rss / MIB, unit="MiB", n=PAGES)


@contextmanager
def _serving(command: Sequence[str], port: int) -> Iterator[tuple[float, subprocess.Popen[bytes]]]:
    """Run a server; yields the seconds until its first page and its process, and ends it."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _page(port):
            if process.poll() is not None or time.monotonic() > began + LIMIT:
                raise RuntimeError(f"{Path(command[1]).name} served no page")
            time.sleep(0.01)
        yield time.monotonic() - began, process
    finally:
        process.terminate()
        process.wait(30)


def _page(port: int) -> bool:
    """Whether the first page comes, with status 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return response.status == 200


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
