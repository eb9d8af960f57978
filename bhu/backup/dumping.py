"""The whole content of one database as a file, and back: by the engine's own means."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

from .errors import CannotRestore, NoBackup

LATER = ("-wal", "-shm")
"""What SQLite keeps beside a file: rows of the database that was, which must not be read into the one that is."""


class Engine(NamedTuple):
    """How a database of this engine is copied out, taken over from a file, and what such a file is called."""

    suffix: str
    dump: Callable[[BaseDatabaseWrapper, Path], None]
    load: Callable[[BaseDatabaseWrapper, Path], None]


def _dump_file(connection: BaseDatabaseWrapper, target: Path) -> None:
    """As it stands at one moment, while others go on writing."""
    with closing(sqlite3.connect(_place(connection))) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _load_file(connection: BaseDatabaseWrapper, source: Path) -> None:
    connection.close()
    place = _place(connection)
    draft = place.with_name(f".{place.name}.restoring")
    shutil.copyfile(source, draft)
    draft.chmod(0o600)
    for ending in LATER:
        place.with_name(place.name + ending).unlink(missing_ok=True)
    draft.replace(place)


def _place(connection: BaseDatabaseWrapper) -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _dump_server(connection: BaseDatabaseWrapper, target: Path) -> None:
    done = _run(connection, "pg_dump", "--format=custom", "--no-owner", f"--file={target}")
    if done.returncode:
        raise NoBackup(f"pg_dump failed: {done.stderr.strip()}")


def _load_server(connection: BaseDatabaseWrapper, source: Path) -> None:
    """In place of all that is there, in one transaction: it is put back whole or not at all.

    The schema goes as a whole: partitions cannot be dropped part by part, which is what ``pg_restore --clean`` tries.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
    connection.close()
    script = source.with_name("restoring.sql")
    _require(_run(connection, "pg_restore", "--no-owner", f"--file={script}", str(source)))
    anew = f"DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema};"
    _require(
        _run(
            connection,
            "psql",
            *("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"),
            f"--command={anew}",
            f"--file={script}",
        )
    )


def _require(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise CannotRestore(f"Nothing was changed: {Path(done.args[0]).name}: {done.stderr.strip()}")


def _run(connection: BaseDatabaseWrapper, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of PostgreSQL's own programs. Its address goes through the environment: arguments can be read by others."""
    found = shutil.which(program)
    if found is None:
        raise NoBackup(f"{program} is not installed here. On Debian or Ubuntu: sudo apt install postgresql-client")
    return subprocess.run(  # noqa: S603  their own programs, no shell
        [found, "--no-password", *arguments], env=_environ(connection), capture_output=True, text=True, check=False
    )


PLACES: Mapping[str, str] = MappingProxyType(
    {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
)
OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
        "sslcert": "PGSSLCERT",
        "sslkey": "PGSSLKEY",
        "service": "PGSERVICE",
        "options": "PGOPTIONS",
        "passfile": "PGPASSFILE",
    }
)


def _environ(connection: BaseDatabaseWrapper) -> dict[str, str]:
    config = connection.settings_dict
    asked = [(PLACES, config), (OPTIONS, config.get("OPTIONS", {}))]
    named = {name: str(given[key]) for names, given in asked for key, name in names.items() if given.get(key)}
    return {**os.environ, **named}


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "sqlite": Engine("sqlite3", _dump_file, _load_file),
        "postgresql": Engine("pgdump", _dump_server, _load_server),
    }
)


def engine_of(connection: BaseDatabaseWrapper) -> Engine:
    """The engine of this connection."""
    return ENGINES[connection.vendor]
