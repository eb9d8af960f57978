"""A minute of load while processes are killed: nothing that was acknowledged is lost, and everybody is told once."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.databases import IN_CI, ROOT
from tests.drill.broker import PROGRAM

pytestmark = pytest.mark.drill
MINUTES = "1.1"

OURS = ("BHU_", "DATABASE_URL", "SHRED_DATABASE_URL", "SECRET_KEY")


def drilled(engine: str) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "tests.drill.run", "--minutes", MINUTES, "--engine", engine, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    print(done.stdout)  # noqa: T201  the figures, shown when it fails
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.postgres
@pytest.mark.rabbitmq
def test_postgresql_and_rabbitmq_lose_nothing_while_web_worker_beat_sequencer_and_broker_are_killed() -> None:
    if not PROGRAM.exists():
        (pytest.fail if IN_CI else pytest.skip)(f"no RabbitMQ to kill: {PROGRAM}")
    result = drilled("postgresql")
    assert (result["ok"], result["seconds"] >= 60) == (True, True), result
    assert set(result["kills"]) == {"web", "worker", "beat", "sequencer", "broker"}


def test_the_embedded_default_loses_nothing_while_web_worker_beat_and_sequencer_are_killed() -> None:
    result = drilled("sqlite")
    assert (result["ok"], result["seconds"] >= 60) == (True, True), result
    assert set(result["kills"]) == {"web", "worker", "beat", "sequencer"}
