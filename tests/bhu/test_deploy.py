"""What docs/deploy starts is what ``up`` starts, and what it names is there."""

import re
from typing import Any

import yaml

from bhu.setup import up
from tests.databases import ROOT

DEPLOY = ROOT / "docs" / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def test_compose_starts_what_up_starts() -> None:
    ours = {name: command[1:] for name, command in up.BACKGROUND.items()}
    ours["sequencer"] = ("manage.py", *ours["sequencer"][1:])
    assert {name: tuple(COMPOSE["services"][name]["command"]) for name in ours} == ours
    assert COMPOSE["services"]["web"]["command"][:2] == ["-m", "bhu.setup.web"]


def test_nothing_secret_stands_in_what_is_shown_for_deploying() -> None:
    for path in DEPLOY.iterdir():
        assert not re.search(r"(PASSWORD|SECRET|KEY)\w*[=:]\s*\S", path.read_text("utf-8")), path.name


def test_units_run_commands_that_there_are() -> None:
    commands = {path.stem for path in ROOT.glob("*/management/commands/*.py")} | {"up"}
    for unit in DEPLOY.glob("*.service"):
        named = re.findall(r"^ExecStart=\S+ manage\.py (\S+)", unit.read_text("utf-8"), re.MULTILINE)
        assert named
        assert set(named) <= commands
