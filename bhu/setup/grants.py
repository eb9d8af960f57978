"""The rights of the database role that runs the application: all it needs, and never to change the log."""

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from audit.checks import APPEND_ONLY

ADD = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE, DELETE"
READ = "SELECT"


def rights(tables: list[str]) -> dict[str, str]:
    """What each table allows. Partitions are left out: rows reach them through their table."""
    special = {**dict.fromkeys(APPEND_ONLY, ADD), "django_migrations": READ}
    return {table: special.get(table, CHANGE) for table in tables}


def grant(role: str) -> None:
    """Give ``role`` exactly these rights on the main database, whatever it had.

    Raises ImproperlyConfigured on SQLite.
    """
    if connection.vendor != "postgresql":
        raise ImproperlyConfigured("A SQLite file has no roles; rights are for PostgreSQL.")
    name = connection.ops.quote_name(role)
    with transaction.atomic(), connection.cursor() as cursor:
        found = connection.introspection.get_table_list(cursor)
        tables = [table.name for table in found if table.type == "t"]
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}")
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")
        for table, allowed in rights(tables).items():
            cursor.execute(f"GRANT {allowed} ON {connection.ops.quote_name(table)} TO {name}")
