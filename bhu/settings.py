"""Every setting of the application, typed, from the environment; no production secret has a default.

``BHU_MODE`` is ``development`` (the default: SQLite, a key file under ``var/``) or ``production``
(every secret and engine must be named). ``X_FILE`` may name a file that holds the value of ``X``.
"""

from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

VAR_DIR = Path(env.str("BHU_VAR", default=str(BASE_DIR / "var")))
PRODUCTION = env.str("BHU_MODE", default="development") == "production"
DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", default="development-only-to-be-replaced")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "guardian",
    "audit.apps.AuditConfig",
    "agencies.apps.AgenciesConfig",
    "agencies.vault.apps.VaultConfig",
    "agencies.vault.shred.apps.ShredConfig",
    "referrals.apps.ReferralsConfig",
    "fhir.apps.FhirConfig",
    "bhu.apps.BhuConfig",
]
AUTH_USER_MODEL = "agencies.User"
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False

SQLITE: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=134217728;PRAGMA cache_size=-20000;",
}


def database(url: str) -> dict[str, Any]:
    """The Django settings of one database address: SQLite tuned for several writers, PostgreSQL with a pool."""
    config: dict[str, Any] = dict(env.db_url_config(url))
    if config["ENGINE"].endswith("sqlite3"):
        return config | {"OPTIONS": SQLITE, "CONN_MAX_AGE": 600}
    return config | {"OPTIONS": {"pool": {"min_size": 1, "max_size": 8}}, "CONN_MAX_AGE": 0}


DATABASES = {
    "default": database(env.str("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/bhu.sqlite3")),
    "shred": database(env.str("SHRED_DATABASE_URL", default=f"sqlite:///{VAR_DIR}/shred.sqlite3")),
}
DATABASE_ROUTERS = ["agencies.vault.shred.router.ShredRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "bhu.urls"
