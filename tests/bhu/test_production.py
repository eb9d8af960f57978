"""A production installation from nothing, as docs/operations.md tells it: two roles, prepare, check, up."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from bhu import checks
from bhu.setup import grants
from tests.bhu import starting
from tests.databases import ROOT, OwnDatabase


@dataclass(frozen=True)
class Installation:
    """The environments of its two roles."""

    role: str
    owner: dict[str, str]
    app: dict[str, str]


@pytest.fixture
def production(own_database: OwnDatabase) -> Iterator[Installation]:
    role = f"bhu_app_{uuid4().hex[:8]}"
    name = sql.Identifier(role)
    with psycopg.connect(own_database.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        owner = {
            **own_database.env,
            "BHU_MODE": "production",
            "SECRET_KEY": uuid4().hex * 2,
            "ALLOWED_HOSTS": "bhu.example.org,localhost",
            "CELERY_BROKER_URL": "filesystem://",
            "BHU_KMS": "tests.keyservice.provider",
            "BHU_BASE_URL": "https://bhu.example.org",
            "EMAIL_URL": "smtp+tls://mail.example.org:587",
            "BHU_MAIL_FROM": "bhu@example.org",
            "BHU_NETWORK_ROOT": (own_database.var / "keys" / "network-root.pub").read_text().strip(),
        }
        yield Installation(role, owner, {**owner, "DATABASE_URL": taking_on(own_database.url, role)})
        connection.execute(sql.SQL("DROP OWNED BY {}").format(name))
        connection.execute(sql.SQL("DROP ROLE {}").format(name))


def taking_on(url: str, role: str) -> str:
    """The same database, reached as our own role, which then takes on another: needs no password."""
    return f"{url}{'&' if '?' in url else '?'}options=-c%20role%3D{role}"


def manage(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


def begin(production: Installation, folder: Path) -> None:
    """The first real start, with mail that goes to the screen."""
    identity = folder / "backup.key"
    made = manage(production.owner, "backup", "--new-key", str(identity))
    env = {**production.app, "BHU_BACKUP_KEY": made.stdout.splitlines()[0].partition("=")[2]}
    env |= {"BHU_MODE": "development", "EMAIL_URL": "consolemail://"}
    people = ["--admin=Ada Lowe <ada@example.org>", "--admin=Bo Finch <bo@example.org>"]
    done = manage(env, "init", "--name=County IT", *people, f"--keys={folder}", f"--identity={identity}")
    assert done.returncode == 0, done.stderr


def test_the_log_may_be_read_and_added_to_and_all_else_changed() -> None:
    assert grants.rights(["audit_event", "audit_pending", "django_migrations", "referrals_referral"]) == {
        "audit_event": "SELECT, INSERT",
        "audit_pending": "SELECT, INSERT, UPDATE, DELETE",
        "django_migrations": "SELECT",
        "referrals_referral": "SELECT, INSERT, UPDATE, DELETE",
    }


@pytest.mark.postgres
def test_up_refuses_a_role_that_could_rewrite_the_log(production: Installation) -> None:
    with starting.up(production.owner, "--production") as running:
        code, errors = running.end()
    assert (code, running.said) == (2, "")
    assert "audit.E002" in errors


def test_keys_on_the_same_disk_are_refused_and_a_key_service_is_not(settings: Any) -> None:
    settings.BHU_KMS = "local"
    (error,) = checks.keys_lie_elsewhere()
    assert error.id == "bhu.E001"
    settings.BHU_KMS = "agencies.vault.kms.local"  # the same file under another name
    assert [error.id for error in checks.keys_lie_elsewhere()] == ["bhu.E001"]
    settings.BHU_KMS = "tests.keyservice.provider"
    assert checks.keys_lie_elsewhere() == []


@pytest.mark.postgres
def test_up_refuses_a_key_file(production: Installation) -> None:
    checked = manage({**production.app, "BHU_KMS": "local"}, "check", "--deploy", "--fail-level=WARNING")
    assert checked.returncode != 0
    assert "bhu.E001" in checked.stderr


@pytest.mark.postgres
def test_prepared_by_the_owner_and_begun_it_serves_as_the_other_role(production: Installation, tmp_path: Path) -> None:
    assert manage(production.app, "prepare", "--check").returncode != 0  # it has no rights yet
    prepared = manage(production.owner, "prepare", "--for", production.role)
    assert (prepared.returncode, prepared.stderr) == (0, "")
    checked = manage(production.app, "check", "--deploy", "--fail-level=WARNING")
    assert (checked.returncode, "bhu.E004" in checked.stderr) == (1, True), checked.stderr
    begin(production, tmp_path)
    with starting.up(production.app, "--production") as running:
        answers = {path: running.get(path)[0] for path in ("/healthz", "/readyz", "/")}
        _, errors = running.end()
    assert answers == {"/healthz": 200, "/readyz": 200, "/": 301}, errors  # pages are sent to HTTPS


@pytest.mark.postgres
@pytest.mark.drill
def test_the_application_role_can_do_all_that_the_demo_does(production: Installation) -> None:
    manage(production.owner, "prepare", "--for", production.role)
    env = {**production.app, "BHU_MODE": "development"}
    loaded = manage(env, "demo_load", "--network")
    assert (loaded.returncode, "agencies" in loaded.stdout) == (0, True), loaded.stderr
