"""What ``check`` asks: whoever runs the application must not be able to rewrite the log, and its witnesses are read."""

import re
from collections.abc import Iterator

from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from audit import witnesses

APPEND_ONLY = ("audit_event", "audit_leaf", "audit_node", "audit_checkpoint", "audit_cosignature")
HELD = """
SELECT relname, relname = ANY (%s::text[]), pg_has_role(relowner, 'MEMBER'),
    has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT'),
    array_remove(ARRAY[
        CASE WHEN has_any_column_privilege(oid, 'UPDATE') THEN 'UPDATE' END,
        CASE WHEN has_table_privilege(oid, 'DELETE') THEN 'DELETE' END,
        CASE WHEN has_table_privilege(oid, 'TRUNCATE') THEN 'TRUNCATE' END,
        CASE WHEN has_table_privilege(oid, 'TRIGGER') THEN 'TRIGGER' END
    ], NULL)
FROM pg_class
WHERE oid = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) name)
    OR oid IN (SELECT relid FROM pg_partition_tree(to_regclass('audit_event')))
ORDER BY relname
"""
HINT = f"Migrate as the tables' owner, run as another role: GRANT SELECT, INSERT ON {', '.join(APPEND_ONLY)} TO ..."


@register(Tags.security)
def witnesses_are_understood(**_options: object) -> list[CheckMessage]:
    """Return an error when the file of witnesses cannot be read: nobody would be asked, and nobody would notice."""
    try:
        known = witnesses.rules()
    except ImproperlyConfigured as problem:
        return [Error(str(problem), hint="docs/audit.md says what stands in it.", id="audit.E005")]
    names = [*known.witnesses, *(each.key.name for each in known.witnesses.values())]
    if all(re.fullmatch(r"[!-~]{1,100}", name) for name in names):
        return []
    return [Error("The name of a witness is longer than 100 letters, or not ASCII.", id="audit.E005")]


@register(Tags.security, deploy=True)
def rows_are_final(**_options: object) -> list[CheckMessage]:
    """Return an error for each append-only table, or partition, that our own role could change or empty.

    PostgreSQL only: a SQLite file has no roles.
    """
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(HELD, [list(APPEND_ONLY), list(APPEND_ONLY)])
        held = cursor.fetchall()
    missing = set(APPEND_ONLY) - {table for table, *_ in held}
    return [*(Error(f"{table} does not exist.", id="audit.E001") for table in sorted(missing)), *_errors(held)]


def _errors(held: list[tuple[str, bool, bool, bool, list[str]]]) -> Iterator[Error]:
    owned = [table for table, _, owner, _, _ in held if owner]
    if owned:
        yield Error(f"The application's role owns {', '.join(owned)}.", hint=HINT, id="audit.E002")
    for table, named, owner, usable, forbidden in held:
        if forbidden and not owner:
            yield Error(f"The application's role may {', '.join(forbidden)} {table}.", hint=HINT, id="audit.E003")
        if named and not usable:  # a partition needs no grant: rows reach it through the table
            yield Error(f"The application's role may not SELECT and INSERT {table}.", hint=HINT, id="audit.E004")
