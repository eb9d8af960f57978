"""Keeps child processes alive: each in a group of its own, started again when it dies, all gone at the end.

Knows nothing of Django or of what the children do; only the standard library.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a dead child is started again
STEADY = 60.0  # a child that lived this long is started again at once
PATIENCE = 10.0  # seconds a child has to end by itself
PR_SET_PDEATHSIG = 1
PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


@dataclass
class Child:
    """One program to keep running, and how it fares."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0  # when to start it again

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


def _end_with_parent() -> None:
    """In the child: be asked to end when the supervisor is killed, as nobody else would ask (Linux, prctl(2))."""
    if PRCTL is not None:
        PRCTL(PR_SET_PDEATHSIG, int(signal.SIGTERM))


class Supervisor:
    """Starts children, restarts them, ends them. ``write`` takes finished log lines."""

    def __init__(self, *, write: Callable[[bytes], object], clock: Callable[[], float] = time.monotonic) -> None:
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self._write = write
        self._clock = clock

    def add(self, child: Child) -> None:
        """Start a child now and keep it running from here on."""
        self.children.append(child)
        self._start(child)

    def tick(self) -> None:
        """Look after every child once."""
        for child in self.children:
            if child.alive:
                continue
            if child.process is not None:
                self._mourn(child, child.process)
            elif self._clock() >= child.due:
                self._start(child)

    def run(self) -> None:
        """Look after the children until ``stopping`` is set, then end them."""
        while not self.stopping.wait(0.2):
            self.tick()
        self.stop()

    def stop(self) -> None:
        """End every child and all it started: asked first, then killed. Returns when none is left."""
        for child in self.children:
            self._signal(child, signal.SIGTERM)
        deadline = self._clock() + PATIENCE
        for child in self.children:
            if child.process is not None:
                try:
                    child.process.wait(max(0.0, deadline - self._clock()))
                except subprocess.TimeoutExpired:
                    self.say("did not end in time", child=child.name)
                # Also when it ended well: what it started may have outlived it.
                self._signal(child, signal.SIGKILL)
                child.process.wait()

    def say(self, event: str, **values: object) -> None:
        """One log line of our own."""
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        line = {"process": "up", "event": event, **values, "timestamp": at}
        self._write(json.dumps(line).encode() + b"\n")

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.command,
            env={**os.environ, **child.env, "BHU_PROCESS": child.name},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  one system call, nothing that takes a lock
        )
        child.started = self._clock()
        if child.process.stdout is not None:
            threading.Thread(target=self._relay, args=(child.name, child.process.stdout), daemon=True).start()

    def _mourn(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        self._signal(child, signal.SIGKILL)  # a dead parent may leave a second beat or a busy port behind
        if self._clock() - child.started > STEADY:
            child.pause = FIRST_PAUSE
        child.due = self._clock() + child.pause
        self.say("ended", child=child.name, code=process.returncode, again_in=child.pause)
        child.pause = min(child.pause * 2, LONGEST_PAUSE)
        child.process = None

    def _signal(self, child: Child, number: signal.Signals) -> None:
        if child.process is None:
            return
        try:
            os.killpg(child.process.pid, number)  # its session's group carries its own number
        except ProcessLookupError:
            return

    def _relay(self, name: str, output: IO[bytes]) -> None:
        """Pass on a child's lines, whole; what is not JSON is wrapped into it."""
        with output:
            for line in output:
                text = line.strip()
                if text.startswith(b"{"):
                    self._write(text + b"\n")
                elif text:
                    self._write(json.dumps({"process": name, "event": text.decode(errors="replace")}).encode() + b"\n")


def write_to_stderr(line: bytes) -> None:
    """One ``write`` per line, so that lines of several threads never mix."""
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
