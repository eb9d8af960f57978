"""Databases for tests: one migrated template per run, and quick copies of it on either engine."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
ALIASES = ("default", "shred")
IN_CI = os.environ.get("CI", "") not in ("", "0", "false")
TEMPLATES = ROOT / ".venv" / "test-templates"
TEMPLATES_KEPT = 8
TABLES = re.compile(
    r"/(migrations|models|management|setup|vault|shred)/|/(models|settings|capabilities|roles|access)\.py$|\.lock$"
)


class Engine(Protocol):
    """What one database engine must do for the tests. A name is a plain word, unique within the run."""

    def url(self, name: str) -> str: ...
    def create(self, name: str) -> None: ...
    def copy(self, source: str, target: str) -> None: ...
    def drop(self, name: str) -> None: ...
    def leave(self, name: str) -> None: ...
    def sweep(self) -> None: ...


@dataclass(frozen=True)
class Sqlite:
    """Databases as files of one folder; never in memory, since WAL and locks are what we test."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite3"

    def url(self, name: str) -> str:
        return f"sqlite:///{quote(str(self.path(name)))}"

    def create(self, name: str) -> None:
        self.path(name).touch()

    def copy(self, source: str, target: str) -> None:
        if self.path(source).with_suffix(".sqlite3-wal").exists():
            raise RuntimeError(f"{source} is still open: its newest rows are not in the file yet")
        shutil.copyfile(self.path(source), self.path(target))

    def drop(self, name: str) -> None:
        for path in self.folder.glob(f"{name}.sqlite3*"):
            path.unlink()

    def leave(self, name: str) -> None:
        self.drop(name)

    def sweep(self) -> None:
        """Nothing is left: to drop a file costs nothing."""


@dataclass(frozen=True)
class Postgres:
    """Databases of one server, all carrying the run's prefix.

    ``waits``: whether a commit waits for the disk, as in production. Without, what a process had committed before it
    was killed is there all the same; a power failure, which could take it, no test survives either.
    """

    server: str
    prefix: str
    waits: bool = True
    left: list[str] = field(default_factory=list, compare=False)

    def url(self, name: str) -> str:
        return urlsplit(self.server)._replace(path=f"/{self.prefix}_{name}").geturl()

    def create(self, name: str) -> None:
        self._run("CREATE DATABASE {}", name)
        self._settle(name)

    def copy(self, source: str, target: str) -> None:
        self._run("CREATE DATABASE {} TEMPLATE {}", target, source)
        self._settle(target)  # what is set for a database is not copied with it

    def drop(self, name: str) -> None:
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def leave(self, name: str) -> None:
        """Keep it until ``sweep``: the server writes and syncs all that it holds of every database to drop one."""
        self.left.append(name)

    def sweep(self) -> None:
        while self.left:
            self.drop(self.left.pop())

    def _settle(self, name: str) -> None:
        if not self.waits:
            self._run("ALTER DATABASE {} SET synchronous_commit = off", name)

    def _run(self, statement: str, *names: str) -> None:
        identifiers = [sql.Identifier(f"{self.prefix}_{name}") for name in names]
        with closing(psycopg.connect(self.server, autocommit=True)) as connection:
            connection.execute(sql.SQL(statement).format(*identifiers))


@dataclass(frozen=True)
class Pair:
    """Both databases of one installation, by the name they share."""

    engine: Engine
    name: str

    @property
    def names(self) -> tuple[str, str]:
        return self.name, f"{self.name}_shred"

    @property
    def url(self) -> str:
        return self.engine.url(self.names[0])

    @property
    def shred_url(self) -> str:
        return self.engine.url(self.names[1])

    @property
    def addresses(self) -> dict[str, str]:
        """The environment that points a process at the pair."""
        return {"DATABASE_URL": self.url, "SHRED_DATABASE_URL": self.shred_url}

    def copy(self, target: str) -> "Pair":
        copied = Pair(self.engine, target)
        for source, name in zip(self.names, copied.names, strict=True):
            self.engine.copy(source, name)
        return copied

    def drop(self) -> None:
        for name in self.names:
            self.engine.drop(name)

    def leave(self) -> None:
        """Say that nobody needs it any more; it is gone when the run ends, if not before."""
        for name in self.names:
            self.engine.leave(name)


@dataclass(frozen=True)
class OwnDatabase:
    """A throw-away installation of one test: databases, keys and broker folder of its own."""

    pair: Pair
    var: Path

    @property
    def url(self) -> str:
        return self.pair.url

    @property
    def shred_url(self) -> str:
        return self.pair.shred_url

    @property
    def env(self) -> dict[str, str]:
        """The whole environment for a subprocess that works on this installation."""
        ours = {"DJANGO_SETTINGS_MODULE": "bhu.settings", "PYTHONPATH": str(ROOT), "BHU_VAR": str(self.var)}
        return {**os.environ, **self.pair.addresses, **ours}

    def together(self, *calls: Callable[[], Any]) -> list[Any]:
        """Run the calls at once, each in a thread with its own connections; what each returned or raised."""
        return together(calls)


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start every call at the same moment and wait; a raised exception is answered in its place."""
    from django.db import connections

    barrier = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(30)
            answers[place] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            answers[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@contextmanager
def connected(pair: Pair) -> Iterator[None]:
    """Point this process's aliases at ``pair``, without a pool, then back to where they were."""
    from django.db import connections

    before = {alias: (connections.settings[alias], connections[alias]) for alias in ALIASES}
    for alias, name in zip(ALIASES, pair.names, strict=True):
        settings = dict(connections.settings[alias])
        options = {key: value for key, value in settings["OPTIONS"].items() if key != "pool"}
        place = pair.engine.path(name) if isinstance(pair.engine, Sqlite) else urlsplit(pair.engine.url(name)).path[1:]
        connections.settings[alias] = settings | {"NAME": str(place), "OPTIONS": options}
        del connections[alias]
    try:
        yield
    finally:
        connections.close_all()
        for alias, (settings, connection) in before.items():
            connections.settings[alias] = settings
            connections[alias] = connection


def template(engine: Engine, folder: Path) -> Pair:
    """The migrated pair every test database is copied from; made once per run, whoever asks first."""
    pair = Pair(engine, "template")
    with (folder / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "template.done"
        if not done.exists():
            pair.drop()  # half made by a process that failed before us
            for name in pair.names:
                engine.create(name)
            if isinstance(engine, Sqlite):
                _prepared_before(engine, pair)
            else:
                django("prepare", env={**os.environ, **pair.addresses})
            done.touch()
    return pair


def _prepared_before(engine: Sqlite, pair: Pair) -> None:
    """Make the files of ``pair``, and the keys that belong to them, or copy those of an earlier run of the same tables.

    Kept beside the installed packages, which they depend on as much as on our migrations: walking through all of
    them takes longer than most tests. CI always walks.
    """
    keys = Path(os.environ["BHU_VAR"]) / "keys"
    kept = TEMPLATES / _tables_digest()
    if kept.exists() and not IN_CI:
        shutil.copytree(kept / "keys", keys, dirs_exist_ok=True)
        for name in pair.names:
            shutil.copyfile(kept / name, engine.path(name))
        return
    django("prepare", env={**os.environ, **pair.addresses})
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=_made(TEMPLATES)))
    shutil.copytree(keys, making / "keys")
    for name in pair.names:
        shutil.copyfile(engine.path(name), making / name)
    try:
        making.rename(kept)
    except OSError:  # another run was faster
        shutil.rmtree(making)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("[0-9a-f]*"), key=lambda each: each.stat().st_mtime)[:-TEMPLATES_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _tables_digest() -> str:
    """A digest of everything that tables and first rows come from: migrations, models, settings, what is installed."""
    ours = (ROOT / app for app in ("bhu", "agencies", "referrals", "fhir", "audit"))
    sources = [path for app in ours for path in app.rglob("*.py")]
    locks = [ROOT / "requirements.lock", ROOT / "requirements-dev.lock"]
    whole = sha256(sys.version.encode())
    for path in sorted([*sources, *locks]):
        if TABLES.search(path.as_posix()):
            whole.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return whole.hexdigest()[:32]


def django(*arguments: str, env: dict[str, str]) -> None:
    """Run one management command in a process of its own; its output is shown if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "django", *arguments, "--settings=bhu.settings"],
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
