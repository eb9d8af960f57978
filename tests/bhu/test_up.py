"""``manage.py up`` as a person runs it: the first page, then nothing left behind."""

import json
import os
import re
import socket
import time
from pathlib import Path

import psutil
import pytest

from bhu.setup import up
from tests.bhu import starting
from tests.databases import OwnDatabase


def test_up_serves_the_first_page_says_where_and_leaves_nothing_behind(own_database: OwnDatabase) -> None:
    with starting.up(own_database.env) as running:
        assert re.match(rf"BHU is ready at http://localhost:{running.port}/ \(\d+\.\d s\)\. Ctrl-C", running.said)
        answer = running.get("/")
        # The worker, beat and the sequencer start after the page; they belong to the tree as well.
        deadline = time.monotonic() + 30
        while len(psutil.Process(running.process.pid).children()) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        family = psutil.Process(running.process.pid).children(recursive=True)
        code, errors = running.end()
    assert answer[0] == 200
    assert code == 0
    assert len(family) >= 4
    assert not [process for process in family if process.is_running()]
    processes = {json.loads(line)["process"] for line in errors.splitlines() if line.startswith("{")}
    assert "web" in processes


def test_a_second_machine_leaves_out_what_runs_once(own_database: OwnDatabase) -> None:
    with starting.up(own_database.env, "--only=worker,sequencer") as running:
        assert running.said == "BHU is ready: worker, sequencer, no pages. Ctrl-C ends it.\n"
        _, errors = running.end()
    assert "beat" not in errors
    assert "granian" not in errors


def test_a_process_that_is_none_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        up.parse(["--only", "web,bat"])
    assert "must be some of web,worker,beat,sequencer" in capsys.readouterr().err


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
    with starting.up({**env, "BHU_VAR": str(tmp_path)}, "--production") as running:
        code, errors = running.end()
    assert (code, running.said) == (2, "")
    for name in (
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "DATABASE_URL",
        "CELERY_BROKER_URL",
        "BHU_KMS",
        "BHU_NETWORK_ROOT",
        "BHU_BASE_URL",
    ):
        assert f"{name} is not set. Production has no default for it." in errors
    assert "Traceback" not in errors
