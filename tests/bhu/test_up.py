"""``manage.py up`` as a person runs it: the first page, then nothing left behind."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bhu.setup import up
from tests.databases import ROOT, OwnDatabase


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "manage.py"), "up", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=env, text=True, cwd=env["BHU_VAR"], **pipes)


def status(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("localhost", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.status, answer.read()
    connection.close()
    return body


def test_up_serves_the_first_page_says_where_and_leaves_nothing_behind(own_database: OwnDatabase) -> None:
    port = free_port()
    with start(own_database.env, f"--port={port}") as tree:
        assert tree.stdout is not None
        said = tree.stdout.readline()
        assert re.match(rf"BHU is ready at http://localhost:{port}/ \(\d+\.\d s\)\. Ctrl-C ends it\.", said)
        answer = status(port, "/")
        # The worker, beat and the sequencer start after the page; they belong to the tree as well.
        deadline = time.monotonic() + 30
        while len(psutil.Process(tree.pid).children()) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        family = psutil.Process(tree.pid).children(recursive=True)
        tree.send_signal(signal.SIGTERM)
        _, errors = tree.communicate(timeout=30)
    assert answer[0] == 200
    assert tree.returncode == 0
    assert len(family) >= 4
    assert not [process for process in family if process.is_running()]
    processes = {json.loads(line)["process"] for line in errors.splitlines() if line.startswith("{")}
    assert "web" in processes


def test_a_busy_port_is_said_with_the_command_for_another(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(up.Hindrance, match=rf"Port {port} .* up --port {port + 1}"):
            up.free("127.0.0.1", port)


def test_one_installation_is_served_once(tmp_path: Path) -> None:
    with up.alone(tmp_path), pytest.raises(up.Hindrance, match=r"Another .manage\.py up. is serving"):
        up.alone(tmp_path)


def test_production_refuses_to_start_on_development_defaults(tmp_path: Path) -> None:
    env = {key: value for key, value in os.environ.items() if key not in ("SECRET_KEY", "DATABASE_URL")}
    with start({**env, "BHU_VAR": str(tmp_path)}, "--production", f"--port={free_port()}") as tree:
        said, errors = tree.communicate(timeout=30)
    assert tree.returncode == 2
    assert said == ""
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "CELERY_BROKER_URL", "BHU_KMS", "BHU_NETWORK_ROOT"):
        assert f"{name} is not set. Production has no default for it." in errors
    assert "Traceback" not in errors
