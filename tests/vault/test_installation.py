"""Both databases carry one mark; a store of another installation is not taken for our own."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError

from agencies.vault import installation
from agencies.vault.models import InstallationMark
from agencies.vault.shred import secrets
from agencies.vault.shred.models import ShredSecret, StoreMark
from audit.uuid7 import uuid7
from bhu import checks
from bhu.web import readiness
from tests.databases import OwnDatabase

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def sweep() -> int:
    return secrets.sweep_orphans(exists=lambda ids: ids, older_than=HOUR)


def test_what_prepare_made_carries_one_mark_and_is_swept() -> None:
    assert installation.together()
    assert InstallationMark.objects.get().mark == StoreMark.objects.get().mark
    assert checks.databases_belong_together() == []
    assert sweep() == 0


def test_beside_the_store_of_another_nothing_is_swept_and_nothing_starts() -> None:
    StoreMark.objects.update(mark=uuid4())
    secrets.create(uuid7())
    with pytest.raises(installation.Apart):
        sweep()
    assert [error.id for error in checks.databases_belong_together()] == ["bhu.E003"]
    for joined in (False, True):
        with pytest.raises(installation.Apart):
            installation.settle(joined=joined)
    for options in ({"check": True}, {}, {"join": True}):
        with pytest.raises(CommandError, match="DATABASE_URL"):
            call_command("prepare", **options)


def test_two_that_were_never_marked_are_marked_as_one() -> None:
    """So it is with an installation from before there were marks."""
    InstallationMark.objects.all().delete()
    StoreMark.objects.all().delete()
    secrets.create(uuid7())
    assert not installation.together()
    with pytest.raises(installation.Apart):
        sweep()
    installation.settle()
    assert installation.together()


def test_a_main_database_without_a_mark_is_joined_to_a_store_that_has_secrets_on_somebodys_word_alone() -> None:
    mark = StoreMark.objects.get().mark
    secrets.create(uuid7())
    InstallationMark.objects.all().delete()
    with pytest.raises(installation.Apart):
        installation.settle()
    installation.settle(joined=True)
    assert InstallationMark.objects.get().mark == mark


def test_stopped_between_the_two_it_goes_on() -> None:
    InstallationMark.objects.all().delete()
    assert not ShredSecret.objects.exists()
    installation.settle()
    assert installation.together()


def test_a_new_store_beside_a_main_database_that_had_one_is_not_taken_for_it() -> None:
    StoreMark.objects.all().delete()
    with pytest.raises(installation.Apart):
        installation.settle()
    assert not StoreMark.objects.exists()


def test_two_that_prepare_at_once_come_to_one_mark(own_database: OwnDatabase) -> None:
    InstallationMark.objects.all().delete()
    StoreMark.objects.all().delete()
    assert own_database.together(*[installation.settle] * 3) == [None] * 3
    assert installation.together()


def test_a_table_that_cannot_be_read_is_an_error_of_the_check_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> bool:
        raise ProgrammingError("permission denied for table vault_installationmark")

    monkeypatch.setattr(installation, "together", refuse)
    assert [error.id for error in checks.databases_belong_together()] == ["bhu.E003"]
    assert readiness.stores() == "cannot be compared"
