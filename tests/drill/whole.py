"""One drill from its first process to its last count."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.core.management import call_command

from agencies.vault import keyring
from tests.databases import Pair, connected
from tests.drill import counting
from tests.drill.broker import Node, node
from tests.drill.load import Done, keep_asking
from tests.drill.party import Party, keep_killing
from tests.drill.stage import Stage, make_stage
from tests.notices.sinks import MailSink

CLIENTS: Mapping[str, int] = {"postgresql": 4, "sqlite": 2}
PAUSE: Mapping[str, float] = {"postgresql": 0.4, "sqlite": 0.4}
"""Seconds a client waits after each, so that the workers have their turn, too: mails go out more slowly than acts."""

LONGEST = 300.0
"""Seconds after which a drill ends on a machine so slow that not everything had its turn."""


def drill(
    engine: str, env: Mapping[str, str], pair: Pair, *, seconds: float, every: float, seed: float
) -> counting.Result:
    """Load and kills for so many seconds, one kill in about ``every``. Raises ``NoBroker``, ``NeverAnswered``."""
    with connected(pair), MailSink() as sink, brokered(engine) as broker:
        call_command("keys_init", verbosity=0)
        stage = make_stage()
        keyring.forget()
        more = {"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
        more |= {"CELERY_BROKER_URL": broker.url} if broker else {}
        began = time.monotonic()
        with Party({**env, **more}).running() as party:
            done, kills = stormed(engine, stage, party, broker, seconds=seconds, every=every, seed=int(seed))
            counting.settle()
        return counting.count(done, sink, told=stage.told, kills=kills, seconds=time.monotonic() - began)


@contextmanager
def brokered(engine: str) -> Iterator[Node | None]:
    """A RabbitMQ, or ``None`` for SQLite, whose broker is folders that nobody can kill."""
    if engine == "sqlite":
        yield None
        return
    with node() as running:
        yield running


def stormed(
    engine: str, stage: Stage, party: Party, broker: Node | None, *, seconds: float, every: float, seed: int
) -> tuple[Done, Counter[str]]:
    """The load and the kills at once; what was done, and what was killed how often: each kind at least once."""
    stop, kills, dones = threading.Event(), Counter[str](), [Done() for _ in range(CLIENTS[engine])]
    kinds = 5 if broker is not None else 4
    with ThreadPoolExecutor(len(dones) + 1) as crew:
        running = [crew.submit(keep_asking, stage, party.ports, done, stop=stop, pause=PAUSE[engine]) for done in dones]
        running.append(crew.submit(keep_killing, party, broker, kills, stop=stop, seed=seed, every=every))
        began = time.monotonic()
        while time.monotonic() - began < seconds or (len(kills) < kinds and time.monotonic() - began < LONGEST):
            if any(each.done() for each in running):
                break
            time.sleep(0.2)
        stop.set()
        for each in running:
            each.result()
    whole = Done()
    for done in dones:
        whole.sent += done.sent
        whole.accepted += done.accepted
        whole.again += done.again
    return whole, kills
