"""A RabbitMQ node of the drill's own, so that it can be killed and started again while others use theirs."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # Debian's own; the one on the path wants to be another user
LIMIT = 90.0  # seconds until it answers


class NoBroker(RuntimeError):
    """There is no RabbitMQ to start, or it did not come up."""


class Node:
    """One node; what it holds outlives a kill."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port, distribution = folder, _free(), _free()
        self._env = {
            **{key: value for key, value in os.environ.items() if not key.startswith("RABBITMQ_")},
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"drill{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address for Celery."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Start it and wait until it answers. Raises ``NoBroker``."""
        self._process = subprocess.Popen(
            [str(PROGRAM)],
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + LIMIT
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.2)
        raise NoBroker("RabbitMQ did not come up.")

    def kill(self) -> None:
        """``kill -9``: it and all it started."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def node() -> Iterator[Node]:
    """A running node, and nothing of it afterwards. Raises ``NoBroker``."""
    if not PROGRAM.exists():
        raise NoBroker("There is no RabbitMQ here (Debian: rabbitmq-server).")
    folder = Path(tempfile.mkdtemp(prefix="bhu-broker-"))
    made = Node(folder)
    try:
        made.start()
        yield made
    finally:
        made.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
