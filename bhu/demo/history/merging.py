"""Two SQLite files that began as one: the rows that were added to a copy are brought home."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

TABLES = "SELECT name FROM {schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
Marks = Mapping[str, int]
"""By table, the number of its newest row."""


def copy(connection: BaseDatabaseWrapper, path: Path) -> Marks:
    """Copy what is committed to a new file. Returns how far each table reaches, for ``merge``."""
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as target:
        connection.connection.backup(target)
        tables = [name for (name,) in target.execute(TABLES.format(schema="main"))]
        return {name: target.execute(f'SELECT max(rowid) FROM "{name}"').fetchone()[0] or 0 for name in tables}  # noqa: S608  no input


def merge(connection: BaseDatabaseWrapper, path: Path, *, after: Marks) -> None:
    """Add the rows that the file got after it was copied, all or none. Numbers that a table counts itself are new."""
    with connection.cursor() as cursor:
        cursor.execute("ATTACH DATABASE %s AS part", [str(path)])
        try:
            with transaction.atomic(using=connection.alias):
                for table, newest in after.items():
                    _bring(cursor, table, newest)
        finally:
            cursor.execute("DETACH DATABASE part")


def _bring(cursor: CursorWrapper, table: str, newest: int) -> None:
    cursor.execute(f'PRAGMA main.table_info("{table}")')
    columns = [
        name for _place, name, kind, _null, _default, key in cursor.fetchall() if not (key and kind == "INTEGER")
    ]
    names = ", ".join(f'"{name}"' for name in columns)
    rows = f'SELECT {names} FROM part."{table}" WHERE rowid > %s ORDER BY rowid'  # noqa: S608  names of our own tables
    cursor.execute(f'INSERT INTO main."{table}" ({names}) {rows}', [newest])
