"""The processes of an installation, started again when they die; and who kills them."""

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from bhu.setup.supervisor import Child, Supervisor
from bhu.setup.up import BACKGROUND
from tests.bench.serving import free_port, page
from tests.drill.broker import Node

COMMANDS = {"worker-1": "worker", "worker-2": "worker", "beat": "beat", "sequencer": "sequencer"}
LIMIT = 90.0


class Party:
    """Two web servers, two workers, beat and a sequencer."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.ports = (free_port(), free_port())
        self.lines: list[bytes] = []
        self._supervisor = Supervisor(write=self.lines.append)
        self._next: list[Child] = []
        self._children = [
            Child(f"web-{number}", (sys.executable, "-m", "bhu.setup.web", "127.0.0.1", str(port)), env=env)
            for number, port in enumerate(self.ports, 1)
        ]
        for name, process in COMMANDS.items():
            named = (f"--hostname={name}@drill",) if process == "worker" else ()
            self._children.append(Child(name, (*BACKGROUND[process], *named), env=env))

    @contextmanager
    def running(self) -> Iterator["Party"]:
        """All of them at work; none afterwards. Raises ``RuntimeError`` if no page comes."""
        watching = threading.Thread(target=self._supervisor.run)
        try:
            for child in self._children:
                self._supervisor.add(child)
            watching.start()
            until = time.monotonic() + LIMIT
            while not all(map(page, self.ports)):
                if time.monotonic() > until:
                    raise RuntimeError("The servers of the drill do not answer.")
                time.sleep(0.2)
            yield self
        finally:
            self._supervisor.stopping.set()
            if watching.ident is not None:
                watching.join()
            self._supervisor.stop()

    def pids(self) -> Mapping[str, int]:
        """The process of each child that lives, by its name: ``worker-1``."""
        return {child.name: child.process.pid for child in self._children if child.process is not None}

    def kill(self, choose: random.Random) -> str:
        """``kill -9`` one that lives, with all it started; which kind it was. Each has its turn, in no order."""
        if not self._next:
            self._next = choose.sample(self._children, len(self._children))
        child = self._next.pop()
        if child.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
        child.pause = 0.5  # it is the drill that kills it, so it is no reason to wait longer each time
        return child.name.partition("-")[0]


def keep_killing(
    party: Party, broker: Node | None, kills: Counter[str], *, stop: threading.Event, seed: int, every: float
) -> None:
    """Kill one after the other until told to stop, each seventh time the broker; ``kills`` counts them by kind."""
    choose = random.Random(seed)
    while not stop.wait(every * choose.uniform(0.5, 1.5)):
        if broker is not None and kills.total() % 7 == 3:
            broker.kill()
            kills["broker"] += 1
            time.sleep(choose.uniform(0.5, 2))
            broker.start()
        else:
            kills[party.kill(choose)] += 1
