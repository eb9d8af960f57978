"""Settings: every bad value is named at start, production has no default for a secret or an engine."""

import os
import runpy
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from bhu.environment import Environment, development_secret
from tests.databases import ROOT

PRODUCTION = {
    "BHU_MODE": "production",
    "SECRET_KEY": "p" * 60,
    "ALLOWED_HOSTS": "bhu.example.org",
    "DATABASE_URL": "postgresql://bhu:pw@db.example.org/bhu?sslmode=verify-full",
    "SHRED_DATABASE_URL": "postgresql://bhu:pw@db.example.org/shred",
    "CELERY_BROKER_URL": "amqp://bhu:pw@mq.example.org//",
    "BHU_KMS": "example.kms.provider",
    "BHU_NETWORK_ROOT": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
    "BHU_BASE_URL": "https://bhu.example.org",
    "EMAIL_URL": "smtp+tls://bhu:pw@mail.example.org:587",
    "BHU_MAIL_FROM": "bhu@example.org",
}


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Reads the settings file anew, under exactly this environment."""

    def read(**values: str) -> dict[str, Any]:
        for name in list(os.environ):
            monkeypatch.delenv(name)
        for name, value in {"BHU_VAR": str(tmp_path), **values}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "bhu" / "settings.py"))

    return read


def test_development_needs_nothing_and_makes_its_own_secret(settings_of: Any, tmp_path: Path) -> None:
    first, again = settings_of(), settings_of()
    assert first["SECRET_KEY"] == again["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) >= 64
    assert stat.S_IMODE((tmp_path / "keys" / "django-secret").stat().st_mode) == 0o600
    assert first["DATABASES"]["default"]["NAME"] == str(tmp_path / "bhu.sqlite3")
    assert first["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_folder_with_odd_letters_in_its_name_still_holds_the_databases(settings_of: Any, tmp_path: Path) -> None:
    odd = tmp_path / "a b#c?d%20e"
    assert settings_of(BHU_VAR=str(odd))["DATABASES"]["shred"]["NAME"] == str(odd / "shred.sqlite3")


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"BHU_MODE"}))
def test_production_names_each_setting_that_is_missing(settings_of: Any, name: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_of(**{key: value for key, value in PRODUCTION.items() if key != name})
    assert str(refused.value) == f"{name} is not set. Production has no default for it."


def test_production_names_all_that_is_missing_at_once(settings_of: Any) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_of(BHU_MODE="production")
    assert {line.split()[0] for line in str(refused.value).splitlines()} == PRODUCTION.keys() - {"BHU_MODE"}


def test_production_starts_with_everything_named(settings_of: Any) -> None:
    settings = settings_of(**PRODUCTION)
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert settings["DATABASES"]["default"]["OPTIONS"]["sslmode"] == "verify-full"
    assert settings["DATABASES"]["default"]["OPTIONS"]["pool"]
    assert not settings["DEBUG"]


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("BHU_MODE", "prod", "BHU_MODE is 'prod', but must be one of: development, production."),
        ("BHU_SUITE", "2", "BHU_SUITE is '2', but must be one of: 1, 3."),
        ("BHU_LOG_LEVEL", "loud", "BHU_LOG_LEVEL is 'loud', but must be one of: DEBUG, INFO, WARNING, ERROR."),
        (
            "BHU_REQUESTS_PER_MINUTE",
            "99",
            "BHU_REQUESTS_PER_MINUTE is '99', but must be a whole number of at least 100.",
        ),
        ("BHU_WEB_WORKERS", "0", "BHU_WEB_WORKERS is '0', but must be a whole number of at least 1."),
        ("BHU_TLS_PROXY", "perhaps", "BHU_TLS_PROXY is 'perhaps', but must be one of: true, yes, 1, false, no, 0."),
        ("SECRET_KEY_FILE", "/no/such", "SECRET_KEY_FILE names '/no/such', which cannot be read."),
        ("DATABASE_URL", "mysql://root:hidden@db/bhu", "DATABASE_URL is not a sqlite:/// or postgresql:// address"),
        ("DATABASE_URL", "postgresql://root:hidden@db:x/bhu", "DATABASE_URL is not a sqlite:/// or postgresql://"),
        (
            "EMAIL_URL",
            "pigeon://bhu:hidden@mail",
            "EMAIL_URL must begin with one of: consolemail, smtp, smtp+tls, smtp+ssl",
        ),
        ("SHRED_DATABASE_URL", "sqlite://", "SHRED_DATABASE_URL is not a sqlite:/// or postgresql:// address"),
    ],
)
def test_a_bad_value_is_named_at_start(settings_of: Any, name: str, value: str, named: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_of(**{name: value})
    assert named in str(refused.value)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("url", ["sqlite:////srv/one.sqlite3", "postgresql://bhu@db.example.org/one"])
def test_shred_secrets_may_not_live_where_the_main_backups_reach(settings_of: Any, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="its backups would undo shredding"):
        settings_of(DATABASE_URL=url, SHRED_DATABASE_URL=url)


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    assert Environment({"SECRET_KEY_FILE": str(file)}).text("SECRET_KEY") == "from the file"


def test_an_empty_value_counts_as_left_out() -> None:
    env = Environment({"SECRET_KEY": "", "BHU_MODE": "production"})
    assert env.text("SECRET_KEY", development="unsafe") == ""
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        env.check()


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    development_secret(path)
    path.chmod(0o640)
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        development_secret(path)


def test_a_command_says_what_is_wrong_in_plain_words(tmp_path: Path) -> None:
    env = {**os.environ, "BHU_MODE": "production", "BHU_VAR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "BHU_KMS is not set. Production has no default for it." in done.stderr
    assert "Traceback" not in done.stderr
