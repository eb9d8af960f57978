"""A real server for a suite: started as ``up`` starts it, asked over TCP, its processes watched, ended after."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.databases import ROOT

LIMIT = 60.0  # seconds to wait for a first page
NOTHING: Mapping[str, str] = {}


def server(port: int) -> list[str]:
    """The command by which ``up`` keeps the web server running."""
    return [sys.executable, "-m", "bhu.setup.web", "127.0.0.1", str(port)]


@contextmanager
def serving(
    command: Sequence[str], port: int, *, more: Mapping[str, str] = NOTHING
) -> Iterator[tuple[float, subprocess.Popen[bytes]]]:
    """Run a server, with ``more`` in its environment; yields the seconds until its first page and its process."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not page(port):
            if process.poll() is not None or time.monotonic() > began + LIMIT:
                raise RuntimeError(f"{Path(command[1]).name} served no page")
            time.sleep(0.01)
        yield time.monotonic() - began, process
    finally:
        process.terminate()
        process.wait(30)


def page(port: int) -> bool:
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


def free_port() -> int:
    """A port nobody listens at just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds of CPU that a server and the processes below it have used, in hundredths."""
    root, used = psutil.Process(process.pid), 0.0
    for each in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = each.cpu_times()
            used += times.user + times.system
    return used
