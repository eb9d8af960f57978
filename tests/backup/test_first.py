"""The first real start: two administrators, a mail that goes out, keys that could be brought back."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from agencies.models import Agency, Invitation
from agencies.vault import installation
from audit.models import AuditEvent
from bhu import checks, first
from bhu.backup import restoring, sealing
from bhu.backup.errors import NoBackup
from bhu.models import DemoMark

pytestmark = pytest.mark.django_db
PEOPLE = ("Ada Lowe <ada@example.org>", "Bo Finch <bo@example.org>")


@pytest.fixture
def options(settings: Any, tmp_path: Path) -> dict[str, Any]:
    installation.settle()
    identity = tmp_path / "backup.key"
    settings.BHU_BACKUP_KEY = [sealing.make_key(identity)]
    (tmp_path / "safe").mkdir()
    return {"name": "County IT", "slug": "network", "admins": PEOPLE, "keys": tmp_path / "safe", "identity": identity}


def test_two_administrators_are_invited_mail_is_tried_and_the_keys_are_tried(options: dict[str, Any]) -> None:
    lines = list(first.begin(**options))
    assert Agency.objects.get().kind == "operator"
    assert sorted(Invitation.objects.values_list("email", "role")) == [
        ("ada@example.org", "network_admin"),
        ("bo@example.org", "network_admin"),
    ]
    assert [(each.to, "test" in each.subject) for each in mail.outbox] == [
        (["ada@example.org"], False),
        (["bo@example.org"], False),
        (["ada@example.org"], True),
        (["bo@example.org"], True),
    ]
    assert checks.keys_could_be_brought_back() == []
    assert "would bring them back" in lines[-2]


def test_done_again_it_invites_nobody_twice(options: dict[str, Any]) -> None:
    list(first.begin(**options))
    assert "was invited already" in list(first.begin(**options))[1]
    assert Invitation.objects.count() == 2
    assert Agency.objects.count() == 1


def test_nobody_is_mailed_while_the_folder_for_the_keys_is_not_there(options: dict[str, Any]) -> None:
    with pytest.raises(NoBackup, match="Make it, or mount the disk"):
        list(first.begin(**options | {"keys": options["keys"] / "not-mounted"}))
    assert mail.outbox == []
    assert not Agency.objects.exists()


def test_a_demo_network_is_refused(options: dict[str, Any]) -> None:
    DemoMark.objects.create()
    with pytest.raises(first.NotYet, match="demo network"):
        list(first.begin(**options))
    assert not Agency.objects.exists()


@pytest.mark.parametrize(
    ("admins", "why"),
    [
        ((PEOPLE[0],), "at least 2"),
        ((PEOPLE[0], "Ada Again <ADA@example.org>"), "at least 2"),
        ((PEOPLE[0], "bo@example.org"), "must be such as"),
        ((PEOPLE[0], "Bo Finch"), "must be such as"),
    ],
)
def test_fewer_than_two_people_are_refused(options: dict[str, Any], admins: tuple[str, ...], why: str) -> None:
    with pytest.raises(first.NotYet, match=why):
        list(first.begin(**{**options, "admins": admins}))
    assert not Invitation.objects.exists()


def test_a_mail_server_that_takes_nothing_is_told(options: dict[str, Any], settings: Any) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        9,
    )
    with pytest.raises(first.NotYet, match="EMAIL_URL"):
        list(first.begin(**options))


def test_without_a_trial_of_the_keys_the_check_of_a_deployment_says_so(settings: Any) -> None:
    assert [error.id for error in checks.keys_could_be_brought_back()] == ["bhu.E004"]


def test_the_command_says_what_is_missing(options: dict[str, Any]) -> None:
    wrong = {**options, "admin": ["Ada"], "admins": None}
    del wrong["admins"]
    with pytest.raises(CommandError, match="must be such as"):
        call_command("init", **wrong)
    assert not AuditEvent.objects.filter(action=restoring.TRIED).exists()
