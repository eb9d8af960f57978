"""A copy of both databases to damage: while it stands in, this thread's connections go there and nowhere else."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from uuid import uuid4

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, transaction

TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


@contextmanager
def standing_in() -> Iterator[None]:
    """Work on a throw-away copy of what is committed now, without triggers: as somebody with the files would."""
    with ExitStack() as stack:
        for alias in connections:
            stack.enter_context(COPIES[connections[alias].vendor](alias))
        yield


@contextmanager
def _sqlite(alias: str) -> Iterator[None]:
    real = connections[alias]
    real.ensure_connection()
    with tempfile.TemporaryDirectory(prefix="bhu-copy-") as folder:
        path = Path(folder) / f"{alias}.sqlite3"
        with closing(sqlite3.connect(path)) as target:
            real.connection.backup(target)
            for (name,) in target.execute(TRIGGERS).fetchall():
                target.execute(f'DROP TRIGGER "{name}"')
        with _connected(alias, NAME=str(path)):
            yield


@contextmanager
def _postgresql(alias: str) -> Iterator[None]:
    """The tables once more in a schema of their own: quick, without foreign keys and triggers, beside live users.

    ``CREATE DATABASE ... TEMPLATE`` would need everybody else to disconnect.
    """
    schema = f"copy_{uuid4().hex}"
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(TABLES)
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(f'CREATE SCHEMA "{schema}"')
        for table in tables:
            cursor.execute(f'CREATE TABLE "{schema}"."{table}" (LIKE "{table}" INCLUDING ALL)')
            cursor.execute(f'INSERT INTO "{schema}"."{table}" OVERRIDING SYSTEM VALUE TABLE "{table}"')
    options = {key: value for key, value in connections[alias].settings_dict["OPTIONS"].items() if key != "pool"}
    try:
        # Functions stay where they are; the tables they name are looked for in the copy first.
        with _connected(alias, OPTIONS={**options, "options": f"-c search_path={schema},public"}):
            _count_on(alias)
            yield
    finally:
        with connections[alias].cursor() as cursor:
            cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')


def _count_on(alias: str) -> None:
    """Numbers that the database gives out go on after the highest copied one."""
    models = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    here = set(connections[alias].introspection.table_names())
    with connections[alias].cursor() as cursor:
        owned = [model for model in models if model._meta.db_table in here]
        for statement in connections[alias].ops.sequence_reset_sql(no_style(), owned):
            cursor.execute(statement)


@contextmanager
def _connected(alias: str, **settings: object) -> Iterator[None]:
    real = connections[alias]
    copy = real.copy(alias)
    copy.settings_dict.update(settings)
    connections[alias] = copy
    try:
        yield
    finally:
        copy.close()
        connections[alias] = real


COPIES: Mapping[str, Callable[[str], AbstractContextManager[None]]] = {"sqlite": _sqlite, "postgresql": _postgresql}
