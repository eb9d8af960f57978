"""Fills PostgreSQL with light referrals by COPY: rows as a list reads them, nothing sealed.

Each referral has a folder, a task and two participations. One agency takes part in a fifth of all, one in the thirty
oldest alone, the others share the rest. The same size gives the same rows.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from agencies.models import Agency

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=320)
QUIET = 30
LARGEST = 0.2
STATES = ("requested", "accepted", "in-progress", "rejected", "completed", "completed", "completed", "completed")
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BLOCK = 20_000

# Table -> columns, in the order in which ``_rows`` gives them.
COLUMNS = {
    "referrals_folder": "id, kind, agency_id, patient_id, created_at",
    "referrals_referral": "folder_id, reference, origin_id, service_type, priority, status, created_at",
    "referrals_referraltask": "id, referral_id, requester_id, owner_id, status, business_status, reason, version, "
    "coarse_version, coarse_at, authored_at, changed_at",
    "referrals_participation": "id, referral_id, agency_id, task_id, mask, status, basis, purpose, since, inbox_at, "
    "until, ended_as",
}
CONSTRAINTS = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('p', 'u', 'f')
    AND (conrelid::regclass::text = ANY(%(tables)s) OR confrelid::regclass::text = ANY(%(tables)s))
ORDER BY contype = 'f', conname
"""
INDEXES = """
SELECT quote_ident(indexname), indexdef FROM pg_indexes
WHERE tablename = ANY(%(tables)s) AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def fill(size: int, *, say: Callable[[str], None]) -> None:
    """Load ``size`` referrals between the agencies of the default database, and gather statistics.

    Keys and indexes are dropped meanwhile: building them at the end takes a fraction of the time.
    """
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        again = _bare(cursor)
        for first, block in _blocks(size):
            _copy(cursor, block)
            if first % 200_000 == 0 and first:
                say(f"{first:,} of {size:,} referrals after {time.monotonic() - began:.0f} s")
        for statement in again:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(COLUMNS)}")
    say(f"{size:,} referrals loaded in {time.monotonic() - began:.0f} s")


def _bare(cursor: CursorWrapper) -> list[str]:
    """Drop every key and index of the tables. Returns the statements that make them again."""
    tables = {"tables": list(COLUMNS)}
    cursor.execute(CONSTRAINTS, tables)
    constraints = cursor.fetchall()
    cursor.execute(INDEXES, tables)
    indexes = cursor.fetchall()
    for table, name, _definition in reversed(constraints):  # foreign keys before the keys they name
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    added = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in constraints]
    return [*added, *(definition for _name, definition in indexes)]


def _copy(cursor: CursorWrapper, block: Iterable[dict[str, str]]) -> None:
    """Write one block of referrals, table by table."""
    rows = list(block)
    for table, columns in COLUMNS.items():
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            copy.write("".join(row[table] for row in rows))


def _blocks(size: int) -> Iterator[tuple[int, Iterator[dict[str, str]]]]:
    agencies = [agency_id.hex for agency_id in Agency.objects.order_by("id").values_list("id", flat=True)]
    references = ["".join(letters) for letters in product(LETTERS, repeat=4)]
    choose = random.Random(size)
    for first in range(0, size, BLOCK):
        yield (
            first,
            (
                _rows(number, BEGAN + SPAN * number / size, _pair(number, agencies, choose), references[number])
                for number in range(first, min(first + BLOCK, size))
            ),
        )


def _pair(number: int, agencies: list[str], choose: random.Random) -> tuple[str, str]:
    """Who sends and who receives: the first agency is the largest, the second the quiet one."""
    largest, quiet, *others = agencies
    if number < QUIET:
        return choose.choice(others), quiet
    requester, owner = choose.sample(others, 2)
    if choose.random() < LARGEST:
        return (requester, largest) if choose.random() < 0.5 else (largest, owner)
    return requester, owner


def _rows(number: int, at: datetime, pair: tuple[str, str], reference: str) -> dict[str, str]:
    """One referral as lines of COPY's text form, by table."""
    requester, owner = pair
    when = at.isoformat()
    folder, patient, task, theirs, ours = (_id(number, at, kind) for kind in range(5))
    state = STATES[number % len(STATES)]
    sent = f"consent_named\tTREAT\t{when}\t{when}\t\\N\t\n"
    return {
        "referrals_folder": f"{folder}\treferral\t{requester}\t{patient}\t{when}\n",
        "referrals_referral": f"{folder}\tBNCH-{reference}\t{requester}\t\troutine\tactive\t{when}\n",
        "referrals_referraltask": (
            f"{task}\t{folder}\t{requester}\t{owner}\t{state}\t2.0\t\t1\t1\t{when}\t{when}\t{when}\n"
        ),
        "referrals_participation": (
            f"{theirs}\t{folder}\t{owner}\t{task}\t15\t{state}\t{sent}{ours}\t{folder}\t{requester}\t\\N\t15\t\t{sent}"
        ),
    }


def _id(number: int, at: datetime, kind: int) -> str:
    """A UUIDv7 of that moment, in hex: what is random in a real one is the number here."""
    return f"{int(at.timestamp() * 1000):012x}7{kind:03x}8{number:015x}"
