"""Settings read from the environment, each by its kind; every bad or missing one is named, all at once."""

import os
import re
import secrets
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

MODES = ("development", "production")
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
GATEWAY = r"twilio://[^/:@]+:[^/:@]+@[A-Za-z0-9.-]+(:[0-9]+)?/?\?from=[+A-Za-z0-9]+"
MAILERS = ("consolemail", "smtp", "smtp+tls", "smtp+ssl")
ENGINES = ("django.db.backends.sqlite3", "django.db.backends.postgresql")


class Environment:
    """The settings of one process.

    A setting has a ``default`` good for every mode, or a ``development`` value that production refuses.
    ``NAME_FILE`` may name a file that holds the value of ``NAME``.
    """

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self._values = values
        self.problems: list[str] = []
        self.names: list[str] = []
        self.production = self.choice("BHU_MODE", MODES, default="development") == "production"

    def text(self, name: str, *, default: str | None = None, development: str | None = None) -> str:
        """The value of ``name``; "" with a problem noted where production leaves it out."""
        self.names.append(name)
        found = self._found(name)
        if found is not None:
            return found
        if default is not None:
            return default
        if development is None or self.production:
            self.problems.append(f"{name} is not set. Production has no default for it.")
            return ""
        return development

    def choice(self, name: str, choices: Sequence[str], *, default: str) -> str:
        """One of ``choices``; anything else is a problem."""
        value = self.text(name, default=default)
        if value in choices:
            return value
        self.problems.append(f"{name} is {value!r}, but must be one of: {', '.join(choices)}.")
        return default

    def number(self, name: str, *, default: int, least: int = 1) -> int:
        """A whole number of at least ``least``."""
        value = self.text(name, default=str(default))
        if value.isdecimal() and int(value) >= least:
            return int(value)
        self.problems.append(f"{name} is {value!r}, but must be a whole number of at least {least}.")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false, in one of the spellings of ``FLAGS``."""
        value = self.text(name, default=str(default).lower()).lower()
        if value not in FLAGS:
            self.problems.append(f"{name} is {value!r}, but must be one of: {', '.join(FLAGS)}.")
        return FLAGS.get(value, default)

    def words(self, name: str, *, default: str | None = None, development: str | None = None) -> list[str]:
        """A list separated by commas, without the empty ones."""
        value = self.text(name, default=default, development=development)
        return [word.strip() for word in value.split(",") if word.strip()]

    def database(self, name: str, *, development: str) -> dict[str, Any]:
        """The address of one database as Django's dictionary: SQLite or PostgreSQL, nothing else."""
        url = self.text(name, development=development)
        if not url:
            return {}
        try:
            config = dict(environ.Env.db_url_config(url))
        except (ValueError, ImproperlyConfigured):
            config = {}
        if config.get("ENGINE") not in ENGINES or config.get("NAME") in (None, "", ":memory:"):
            # The value itself may hold a password, so it is not repeated.
            self.problems.append(f"{name} is not a sqlite:/// or postgresql:// address with a database name.")
            return {}
        return config

    def mail(self, name: str, *, development: str) -> dict[str, Any]:
        """The address of a mail server as Django's settings; in development it may be the console."""
        url = self.text(name, development=development)
        if not url:
            return {}
        scheme = url.partition("://")[0]
        if scheme not in MAILERS or (self.production and not scheme.startswith("smtp")):
            # The value itself may hold a password, so it is not repeated.
            self.problems.append(f"{name} must begin with one of: {', '.join(MAILERS)}; production needs smtp.")
            return {}
        return dict(environ.Env.email_url_config(url))

    def gateway(self, name: str, *, default: str) -> str:
        """The address of a gateway for text messages, "" for none; in development it may be the console."""
        url = self.text(name, default=default)
        if url and not re.fullmatch(GATEWAY, url) and (self.production or url != "console://"):
            # The value itself may hold a password, so it is not repeated.
            self.problems.append(f"{name} must be such as twilio://SID:TOKEN@api.twilio.com?from=+15550100.")
            return ""
        return url

    def check(self) -> None:
        """Raise ImproperlyConfigured with one line per problem, if there is any."""
        if self.problems:
            raise ImproperlyConfigured("\n".join(self.problems))

    def _found(self, name: str) -> str | None:
        path = self._values.get(f"{name}_FILE")
        if path is None:
            return self._values.get(name) or None
        try:
            return Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            self.problems.append(f"{name}_FILE names {path!r}, which cannot be read.")
            return None


def development_secret(path: Path) -> str:
    """The secret in ``path``, made on first use, readable by its owner only; never in the code.

    Two processes may start at once: both write a file of their own, the first to link it wins.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_text(secrets.token_urlsafe(64), "ascii")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ImproperlyConfigured(f"{path} can be read by others. Run: chmod 600 {path}")
    return path.read_text("ascii")
