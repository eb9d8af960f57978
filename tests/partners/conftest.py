"""The demo network behind a real server process, as ``up`` starts it, and the systems of its sandbox."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.conf import settings

from bhu.demo import network, sandbox
from bhu.demo.progress import Progress, silent
from tests.databases import ROOT, OwnDatabase, Pair, connected

Said = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """A server with the demo network: its address, its databases, and the folder with the sandbox's files."""

    base: str
    database: OwnDatabase
    folder: Path

    def seat(self, name: str) -> Said:
        """What the file of a sandbox system says: ``sender``, ``unit`` or ``provider``."""
        said: Said = json.loads((self.folder / f"{name}.json").read_text("utf-8"))
        return said


@pytest.fixture(scope="module")
def served(
    new_pair: Callable[[], Pair], django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One server for a module. It commits, so it has databases of its own."""
    place, pair, base = tmp_path_factory.mktemp("served"), new_pair(), f"http://127.0.0.1:{free_port()}"
    try:
        before, settings.BHU_BASE_URL = settings.BHU_BASE_URL, base
        with django_db_blocker.unblock(), connected(pair):
            network.load(Progress(silent))
            list(sandbox.ready(place / "sandbox"))
        settings.BHU_BASE_URL = before
        shutil.copytree(Path(os.environ["BHU_TEST_FOLDER"], "var"), place / "var")
        database = OwnDatabase(pair, place / "var")
        with serving(base, database.env | {"BHU_BASE_URL": base, "BHU_LOG_LEVEL": "WARNING"}):
            yield Served(base, database, place / "sandbox")
    finally:
        pair.leave()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(base: str, env: dict[str, str]) -> Iterator[None]:
    """The web process of ``up`` at an address, until the block ends."""
    words = [sys.executable, "-m", "bhu.setup.web", "127.0.0.1", base.rpartition(":")[2]]
    process = subprocess.Popen(words, cwd=ROOT, env=env, start_new_session=True)
    try:
        until = time.monotonic() + 90
        while not answers(base):
            assert process.poll() is None, "the server ended by itself"
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def answers(base: str) -> bool:
    try:
        return bool(urlopen(f"{base}/healthz", timeout=5).status == 200)
    except OSError:
        return False
