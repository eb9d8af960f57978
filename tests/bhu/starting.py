"""``manage.py up`` started by a test, and ended whatever the test does."""

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.databases import ROOT


@dataclass(frozen=True)
class Up:
    """A running ``up`` and what it said when its first page answered; "" if it ended before."""

    process: subprocess.Popen[str]
    port: int
    said: str

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of one page."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def end(self) -> tuple[int, str]:
        """Ask it to end; its exit code and all it wrote to standard error."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


@contextmanager
def up(env: dict[str, str], *arguments: str) -> Iterator[Up]:
    """Start it on a free port, from another folder than its own, and wait for its first word."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up", f"--port={port}", *arguments],
        env=env,
        cwd=env["BHU_VAR"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        lines = iter(process.stdout.readline, "") if process.stdout else iter(())
        yield Up(process, port, next((line for line in lines if "BHU is ready" in line), ""))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
