"""Dropping the demo network: both databases whole, and a new log under a new name, so that no two logs share one."""

from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from agencies.vault import keyfiles, roots
from bhu.setup.up import Hindrance, alone

from .history.parts import forget_copies
from .network import NotADemo, holds_demo, prepare


def reset() -> None:
    """Leave both databases empty and up to date, and the log with a key and a name of its own.

    Raises ``NotADemo`` for a database without the demo mark, in production, and while ``up`` is serving it.
    """
    if settings.PRODUCTION:
        raise NotADemo("Nothing is ever dropped in production.")
    if not holds_demo():
        raise NotADemo("This database does not carry the demo mark: it may be real, and is left as it is.")
    try:
        with alone(settings.VAR_DIR):
            for alias in connections:
                EMPTY[connections[alias].vendor](connections[alias])
            forget_copies()
            # The old name stays with the old log: a second log under it would look like a forged one.
            (keyfiles.folder() / f"{roots.LOG}.key").unlink(missing_ok=True)
            prepare()
    except Hindrance as serving:
        raise NotADemo(str(serving)) from None


def _delete_files(connection: BaseDatabaseWrapper) -> None:
    connection.close()
    database = Path(str(connection.settings_dict["NAME"]))
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()


def _drop_schema(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        cursor.execute(f"DROP SCHEMA {schema} CASCADE")
        cursor.execute(f"CREATE SCHEMA {schema}")


EMPTY: Mapping[str, Callable[[BaseDatabaseWrapper], None]] = {"sqlite": _delete_files, "postgresql": _drop_schema}
