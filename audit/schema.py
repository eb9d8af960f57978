"""What the log's tables need beyond Django's: partitions by year, and triggers that make rows final.

For migrations only; nothing here can be migrated back. Two rules for later migrations:

* SQLite rebuilds a table to alter it and drops its triggers on the way: repeat ``append_only`` after every
  alteration of an append-only table.
* A new year is one line, ``year(2036)``, and must be applied before that year begins; rows of a year without
  a partition go to the default one and would have to be moved first.
"""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from audit.uuid7 import uuid7_floor

REFUSE = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
# A function, because it keeps its plan: to plan this over all partitions takes ten times as long as to run it.
NEWEST_DIGEST = """
CREATE FUNCTION audit_newest_digest(wanted text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT digest FROM audit_event WHERE target = wanted AND digest > '' ORDER BY digest DESC LIMIT 1);
END $$
"""
# For each statement, so that one without rows, an upsert and a TRUNCATE are refused too. A statement trigger
# does not reach partitions: each gets its own. ALWAYS holds in session_replication_role = replica as well.
POSTGRES_GUARD = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only
"""
# REPLACE deletes the row in its way without firing delete triggers, so whatever stands in the way (by a key
# or by SQLite's own rowid) must refuse the insert.
SQLITE_GUARD = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse}; END",
    "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse}; END",
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} BEGIN {refuse}; END",
)


class CreatePartitionedModel(migrations.CreateModel):
    """Creates a model whose table is, on PostgreSQL, partitioned by range of its id."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        plain = schema_editor.sql_create_table
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.sql_create_table = plain + " PARTITION BY RANGE (id)"
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor.sql_create_table = plain


def append_only(table: str, *keys: tuple[str, ...]) -> migrations.RunPython:
    """Return the operation that lets ``table`` only be added to; ``keys`` are all its unique column groups."""

    def forwards(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(REFUSE, params=None)
            editor.execute(POSTGRES_GUARD.format(table=table))
        else:
            for statement in SQLITE_GUARD:
                editor.execute(statement.format(table=table, refuse=_refuse(table), taken=_taken(table, keys)))

    return migrations.RunPython(forwards)


def year(number: int) -> migrations.RunPython:
    """Return the operation that gives the events of one year (UTC) a partition of their own."""
    bounds = (uuid7_floor(datetime(start, 1, 1, tzinfo=UTC)) for start in (number, number + 1))
    return _partition(f"audit_event_{number}", "FOR VALUES FROM ('{}') TO ('{}')".format(*bounds))


def other_years() -> migrations.RunPython:
    """Return the operation that keeps an insert from ever failing for want of a partition."""
    return _partition("audit_event_default", "DEFAULT")


def newest_digest() -> migrations.RunPython:
    """Return the operation that lets ``log.newest_digest`` ask PostgreSQL without planning anew each time."""

    def forwards(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(NEWEST_DIGEST)

    return migrations.RunPython(forwards)


def _partition(name: str, values: str) -> migrations.RunPython:
    def forwards(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"CREATE TABLE {name} PARTITION OF audit_event {values}")
            editor.execute(POSTGRES_GUARD.format(table=name))

    return migrations.RunPython(forwards)


def _refuse(table: str) -> str:
    return f"SELECT RAISE(ABORT, '{table} is append-only')"


def _taken(table: str, keys: tuple[tuple[str, ...], ...]) -> str:
    conditions = (" AND ".join(f'"{column}" = NEW."{column}"' for column in key) for key in (("rowid",), *keys))
    return " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {found})" for found in conditions)  # noqa: S608  no input
