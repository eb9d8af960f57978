"""An upgrade that fails leaves the database as it was."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from agencies.vault import installation
from audit.models import AuditEvent
from audit.sequencer import sequence
from bhu.backup import upgrading
from bhu.backup.errors import CannotRestore, NoBackup
from bhu.setup.up import alone
from tests.databases import OwnDatabase


@pytest.fixture
def ours(own_database: OwnDatabase, settings: Any) -> OwnDatabase:
    settings.VAR_DIR = own_database.var
    installation.settle()
    return own_database


def test_up_to_date_it_changes_nothing_and_says_so_in_the_log(ours: OwnDatabase) -> None:
    upgrading.upgrade()
    assert AuditEvent.objects.filter(action="installation.upgrade").count() == 1
    sequence()
    connections.close_all()


def test_what_a_failed_upgrade_changed_is_put_back(ours: OwnDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_command: str, **_options: object) -> None:
        Group.objects.create(name="half done")
        raise RuntimeError("a migration failed")

    monkeypatch.setattr(upgrading, "call_command", breaks)
    with pytest.raises(CannotRestore, match=r"as it was; .* RuntimeError: a migration failed"):
        upgrading.upgrade()
    assert not Group.objects.filter(name="half done").exists()
    connections.close_all()


def test_a_log_that_does_not_verify_afterwards_puts_all_of_it_back(
    ours: OwnDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = upgrading.verify

    def spoiled(**given: Any) -> Any:
        return type("Report", (), {"ok": False, "events": real(**given).events})()

    monkeypatch.setattr(upgrading, "verify", spoiled)
    with pytest.raises(CannotRestore, match="does not verify"):
        upgrading.upgrade()
    connections.close_all()


def test_nothing_is_upgraded_while_the_server_runs(ours: OwnDatabase) -> None:
    with alone(ours.var), pytest.raises(NoBackup, match="End it first"):
        upgrading.upgrade()
