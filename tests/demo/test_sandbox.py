"""The sandbox of the demo network: clients that can ask for tokens, and nobody else's business."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from joserfc.jwk import ECKey

from bhu.demo import network, sandbox
from bhu.demo.progress import Progress, silent
from bhu.models import DemoMark
from fhir.smart.models import Application
from tests.smart.partner import Partner, new_key


@pytest.fixture(scope="module")
def loaded(build_once: Callable[[Callable[[], None]], None]) -> None:
    build_once(lambda: network.load(Progress(silent)))


@pytest.fixture
def folder(loaded: None, db: None, tmp_path: Path) -> Path:
    return tmp_path / "sandbox"


def partner(row: sandbox.Ready) -> Partner:
    said = json.loads(row.file.read_text())
    key = new_key()
    key.import_key(**ECKey.import_key(said["key"]).as_dict(private=True))
    return Partner(said["client_id"], key)


def test_each_system_gets_a_token_for_all_it_is_registered_for(folder: Path) -> None:
    rows = list(sandbox.ready(folder))
    assert [row.file.name for row in rows] == ["sender.json", "unit.json", "provider.json"]
    for row in rows:
        answer = partner(row).ask(scope=row.seat.scope)
        assert answer.status_code == 200
        assert set(answer.json()["scope"].split()) == set(row.seat.scope.split())


def test_the_key_is_for_the_owner_of_the_installation_alone(folder: Path) -> None:
    for row in sandbox.ready(folder):
        assert row.file.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_second_time_nothing_is_new(folder: Path) -> None:
    first = [(row.client_id, row.file.read_bytes()) for row in sandbox.ready(folder)]
    assert [(row.client_id, row.file.read_bytes()) for row in sandbox.ready(folder)] == first


@pytest.mark.parametrize("left", ["", "{}", "no JSON"])
def test_a_lost_file_is_written_again_with_another_key_for_the_same_client(folder: Path, left: str) -> None:
    (before, *_) = sandbox.ready(folder)
    old = before.file.read_text()
    before.file.write_text(left) if left else before.file.unlink()
    (after, *_) = sandbox.ready(folder)
    assert after.client_id == before.client_id
    assert json.loads(after.file.read_text())["key"] != json.loads(old)["key"]
    assert partner(after).ask().status_code == 200


def test_the_command_prints_ids_and_files_and_no_key(folder: Path, settings: object, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    said = StringIO()
    call_command("sandbox", stdout=said)
    for row in Application.objects.all():
        assert row.client_id in said.getvalue()
    for file in folder.iterdir():
        assert str(file) in said.getvalue()
        assert json.loads(file.read_text())["key"]["d"] not in said.getvalue()


def test_without_the_demo_mark_there_is_no_sandbox(folder: Path) -> None:
    DemoMark.objects.all().delete()
    with pytest.raises(network.NotADemo):
        list(sandbox.ready(folder))
    with pytest.raises(CommandError, match="demo network alone"):
        call_command("sandbox")
    assert not Application.objects.exists()
