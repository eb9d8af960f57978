"""A whole installation for the browser tests of one worker: the demo county, and what ``up`` starts to serve it.

Every test finds the county as it was loaded: the databases are written back before each.
"""

import fcntl
import shutil
import socket
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from celery import Celery

from agencies.models import User
from bhu.celery import transport
from bhu.demo import network
from bhu.demo.cast import Part
from bhu.demo.county import DOMAIN
from bhu.demo.progress import Progress, silent
from bhu.demo.scenes import SCENES
from bhu.demo.stage import Stage
from bhu.setup.supervisor import Child, Supervisor
from bhu.setup.up import BACKGROUND, answers
from tests.databases import OwnDatabase, Pair, Sqlite, connected, template

HOST = "127.0.0.1"
PATIENCE = 60.0


@dataclass(frozen=True)
class Site:
    """Where the pages are, the installation behind them, and every line its processes logged during this test.

    While a test has it, the models and services of the test's own process work on the same databases.
    """

    base: str
    engine: Sqlite
    database: OwnDatabase
    lines: list[bytes] = field(default_factory=list)

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of its processes."""
        return self.database.env | {"BHU_BASE_URL": self.base}

    def restore(self) -> None:
        """Bring back the county as it was loaded, under the processes that are at work."""
        for source, target in zip(Pair(self.engine, COUNTY).names, self.database.pair.names, strict=True):
            with (
                closing(sqlite3.connect(self.engine.path(source))) as loaded,
                closing(sqlite3.connect(self.engine.path(target), timeout=PATIENCE)) as ours,
            ):
                loaded.backup(ours)
        self.lines.clear()

    def user(self, handle: str) -> User:
        """Somebody of the county by the beginning of their address: ``officer1.brindle``."""
        return User.objects.get(email=f"{handle}@{DOMAIN}")

    def played(self, step: str, *, by: Part | None = None) -> Stage:
        """Play the main job of the demo up to and with the first such step: ``send``, ``accept``, ``offer``.

        Answers its stage, with the referral's id and number and the words that identify its client.
        """
        stage = Stage(say=silent, problems=[])
        last = next(place for place, scene in enumerate(SCENES) if scene.step == step and by in (None, scene.part))
        for scene in SCENES[: last + 1]:
            scene.play(stage, scene.part.actor())
        assert stage.problems == []
        return stage

    @contextmanager
    def working(self) -> Iterator[None]:
        """Run what ``up`` runs beside the web process, the worker among it, until the block ends."""
        with kept_running({name: tuple(command) for name, command in BACKGROUND.items()}, self.env, self.lines):
            yield

    def ring(self, task: str) -> None:
        """Leave the message by which a worker does a job now, and not when its minute comes."""
        with Celery("ringer", broker="filesystem://", set_as_current=False) as ringer:
            ringer.conf.update(transport("filesystem://"))
            ringer.send_task(task)


COUNTY = "county"


def county(engine: Sqlite) -> Pair:
    """The databases with the demo county; loaded once per run, by whoever asks first."""
    with (engine.folder / f"{COUNTY}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = engine.folder / f"{COUNTY}.done"
        if not done.exists():
            pair = template(engine, engine.folder).copy(COUNTY)
            with connected(pair):
                network.load(Progress(silent))
            done.touch()
    return Pair(engine, COUNTY)


@contextmanager
def serving(folder: Path, place: Path, worker: str) -> Iterator[Site]:
    """A site with a web process, until the block ends. ``folder`` is the test run's, ``place`` this site's own."""
    engine = Sqlite(folder)
    pair = county(engine).copy(f"site_{worker}")
    shutil.copytree(folder / "var", place / "var")
    port = free_port()
    site = Site(f"http://localhost:{port}", engine, OwnDatabase(pair, place / "var"))
    web = (sys.executable, "-m", "bhu.setup.web", HOST, str(port))
    try:
        with kept_running({"web": web}, site.env, site.lines):
            until = time.monotonic() + PATIENCE
            while not answers(HOST, port):
                assert time.monotonic() < until, b"".join(site.lines).decode()
                time.sleep(0.02)
            yield site
    finally:
        pair.drop()


@contextmanager
def kept_running(commands: Mapping[str, tuple[str, ...]], env: Mapping[str, str], lines: list[bytes]) -> Iterator[None]:
    """Keep these programs running as ``up`` does; what they write is added to ``lines``."""
    supervisor = Supervisor(write=lines.append)
    try:
        for name, command in commands.items():
            supervisor.add(Child(name, command, env))
        yield
    finally:
        supervisor.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
