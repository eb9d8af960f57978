"""An independent receiver of notifications: handshake, events, killed, started again, and caught up by ``$events``."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.databases import ROOT
from tests.partners.conftest import Said, Served, free_port
from tests.subscriptions.hooks import subscription
from tests.subscriptions.receiver import SECRET

sys.path.append(str(ROOT / "docs" / "examples"))
import partner

# The job that the clock rings for, as often as it likes.
TICKER = """
import time
import django
django.setup()
from fhir.subscriptions.tasks import send
while True:
    send()
    time.sleep(0.1)
"""

# What is tried again after half a minute is tried now.
SOONER = """
import django
django.setup()
from django.utils import timezone
from fhir.subscriptions.models import Subscription
Subscription.objects.exclude(failing_since=None).update(due_at=timezone.now())
"""


def env_of(served: Served) -> dict[str, str]:
    return served.database.env | {"BHU_BASE_URL": served.base}


@pytest.fixture(scope="module")
def ticking(served: Served) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", TICKER], cwd=ROOT, env=env_of(served))
    yield
    process.kill()
    process.wait(10)


@contextmanager
def receiving(port: int, state: Path, served: Served) -> Iterator[subprocess.Popen[bytes]]:
    words = ["-I", str(ROOT / "tests" / "subscriptions" / "receiver.py"), str(port), str(state)]
    words += [str(served.folder / "unit.json"), f"{served.base}/fhir"]
    process = subprocess.Popen([sys.executable, *words], cwd=state.parent)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found, "it did not come"
    return found


def kept(state: Path) -> Said:
    said: Said = json.loads(state.read_text()) if state.exists() else {"events": {}, "kinds": []}
    return said


def test_a_receiver_that_was_killed_and_started_again_has_every_event_once(
    served: Served, ticking: None, tmp_path: Path
) -> None:
    state, port = tmp_path / "state.json", free_port()
    sender, unit = (partner.server_of(served.seat(name)) for name in ("sender", "unit"))
    you = served.seat("unit")["organization"]
    asked = subscription(f"owner={you}", endpoint=f"http://127.0.0.1:{port}/hook", header=[f"Authorization: {SECRET}"])

    with receiving(port, state, served):
        id_ = unit.must("POST", "Subscription", asked).tree["id"]
        until(lambda: kept(state)["kinds"] == ["handshake"])
        until(lambda: unit.ask("GET", f"Subscription/{id_}").tree["status"] == "active")
        names = partner.send(sender, you)
        until(lambda: "1" in kept(state)["events"])
    (task,) = [name for name in names if name.startswith("Task/")]

    partner.step(unit, task, "accepted")
    partner.send(sender, you)
    until(lambda: counted(unit, id_) == "3")

    with receiving(port, state, served):
        until(lambda: len(kept(state)["events"]) == 3)
        assert [each["how"] for each in kept(state)["events"].values()] == ["hook", "asked", "asked"]
        # What was asked for comes by the hook, too, under the same numbers; and so does what is new.
        subprocess.run([sys.executable, "-c", SOONER], cwd=ROOT, env=env_of(served), check=True)
        until(lambda: kept(state)["again"] == 2)
        partner.step(unit, task, "in-progress")
        until(lambda: "4" in kept(state)["events"])

    found = kept(state)
    assert found["faults"] == []
    assert sorted(found["events"]) == ["1", "2", "3", "4"]
    assert found["kinds"][:2] == ["handshake", "event-notification"]
    focus = {number: each["focus"] for number, each in found["events"].items()}
    assert focus["1"] == focus["2"] == focus["4"] == f"{served.base}/fhir/{task}"
    assert unit.must("GET", focus["3"]).tree["status"] == "requested"


def counted(server: Any, id_: str) -> str:
    """How many events there were, as ``$status`` says it."""
    said = server.must("GET", f"Subscription/{id_}/$status").tree["entry"][0]["resource"]["parameter"]
    return str(next(each["valueString"] for each in said if each["name"] == "events-since-subscription-start"))
