"""The supervisor: what dies is started again, ever more slowly; at the end nobody is left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from bhu.setup.supervisor import FIRST_PAUSE, LONGEST_PAUSE, STEADY, Child, Supervisor
from tests.databases import ROOT

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# Ignores SIGTERM and has a child in the same group, like a worker that hangs.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
grandchild = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(60)"])
print(grandchild.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def lines() -> list[dict[str, object]]:
    return []


@pytest.fixture
def supervisor(lines: list[dict[str, object]]) -> Iterator[Supervisor]:
    made = Supervisor(write=lambda line: lines.append(json.loads(line)))
    yield made
    made.stop()


def until(condition: Callable[[], object], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def test_a_child_killed_from_outside_is_started_again(supervisor: Supervisor, lines: list[dict[str, object]]) -> None:
    child = Child("worker", SLEEP)
    supervisor.add(child)
    first = child.process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert until(lambda: supervisor.tick() or (child.alive and child.process is not first))
    said = {key: lines[0][key] for key in ("process", "event", "child", "code", "again_in")}
    assert said == {"process": "up", "event": "ended", "child": "worker", "code": -9, "again_in": FIRST_PAUSE}


def test_a_child_that_keeps_dying_is_started_ever_more_slowly() -> None:
    now, pauses = 0.0, []
    supervisor = Supervisor(write=lambda line: pauses.append(json.loads(line)["again_in"]), clock=lambda: now)
    child = Child("beat", ["/bin/false"])
    supervisor.add(child)
    for _ in range(9):
        assert child.process is not None
        child.process.wait()
        supervisor.tick()
        now = child.due - 0.001
        supervisor.tick()
        assert child.process is None  # not before its time
        now = child.due
        supervisor.tick()
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert pauses[-1] == LONGEST_PAUSE
    now += STEADY + 1
    child.process.wait()
    supervisor.tick()
    assert pauses[-1] == FIRST_PAUSE
    supervisor.stop()


def test_stopping_ends_the_stubborn_and_what_they_started(
    supervisor: Supervisor, lines: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bhu.setup.supervisor.PATIENCE", 0.5)
    child = Child("web", [sys.executable, "-c", STUBBORN])
    supervisor.add(child)
    assert until(lambda: lines)
    assert child.process is not None
    grandchild = psutil.Process(int(str(lines[0]["event"])))
    supervisor.stop()
    assert not child.alive
    assert until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_what_a_dead_child_had_started_goes_before_it_is_started_again(
    supervisor: Supervisor, lines: list[dict[str, object]]
) -> None:
    child = Child("worker", [sys.executable, "-c", STUBBORN])
    supervisor.add(child)
    assert until(lambda: lines)
    grandchild = psutil.Process(int(str(lines[0]["event"])))
    assert child.process is not None
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    supervisor.tick()
    assert until(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_every_line_comes_out_as_json_and_says_who_wrote_it(
    supervisor: Supervisor, lines: list[dict[str, object]]
) -> None:
    program = """print('{"process": "web", "event": "own"}'); print("plain 'text'")"""
    supervisor.add(Child("web", [sys.executable, "-c", program]))
    assert until(lambda: len(lines) == 2)
    assert lines == [{"process": "web", "event": "own"}, {"process": "web", "event": "plain 'text'"}]


def test_a_child_is_told_its_name(supervisor: Supervisor, lines: list[dict[str, object]]) -> None:
    program = "import os; print(os.environ['BHU_PROCESS'])"
    supervisor.add(Child("sequencer", [sys.executable, "-c", program]))
    assert until(lambda: lines)
    assert lines[0]["event"] == "sequencer"


@pytest.fixture
def tree() -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """A supervisor in a process of its own, and its two children."""
    program = f"""
import signal, sys
from bhu.setup.supervisor import Child, Supervisor, write_to_stderr
supervisor = Supervisor(write=write_to_stderr)
for signum in (signal.SIGINT, signal.SIGTERM):
    signal.signal(signum, lambda *_: supervisor.stopping.set())
for name in ("web", "worker"):
    supervisor.add(Child(name, {SLEEP!r}))
print("started", flush=True)
supervisor.run()
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        children = psutil.Process(process.pid).children()
        assert len(children) == 2
        yield process, children
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_whole_tree_is_gone_after_a_signal(
    tree: tuple[subprocess.Popen[bytes], list[psutil.Process]], number: signal.Signals
) -> None:
    process, children = tree
    process.send_signal(number)
    assert process.wait(20) == 0
    assert not any(child.is_running() for child in children)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_a_killed_supervisor_leaves_nobody(tree: tuple[subprocess.Popen[bytes], list[psutil.Process]]) -> None:
    process, children = tree
    process.kill()
    process.wait()
    assert until(lambda: not any(child.is_running() and child.status() != "zombie" for child in children))
