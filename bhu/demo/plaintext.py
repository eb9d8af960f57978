"""Looking for words where only sealed bytes may be: raw databases, log lines, every file of the installation."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

CHUNK = 1 << 20

EVERY_TABLE = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


@dataclass(slots=True)
class Found:
    """What a search came upon: the words and where, how much was read, and how often the control word was there.

    The control is a word that stands in the database in the clear; a search that misses it has not looked properly.
    """

    hits: list[tuple[str, str]] = field(default_factory=list)
    places: int = 0
    read: int = 0
    controls: int = 0


def search(words: Iterable[str], *, control: str, lines: Iterable[str] = ()) -> Found:
    """Search every place for ``words`` (lower case) and ``control``; ``lines`` are log lines not in any file."""
    found, wanted = Found(), [word.encode() for word in sorted({*words, control})]
    for place, chunks in (*_places(), ("log lines", iter([line.encode() for line in lines]))):
        found.places += 1
        for word in _words_in(chunks, wanted, found):
            if word == control.encode():
                found.controls += 1
            else:
                found.hits.append((word.decode(), place))
    return found


def _words_in(chunks: Iterator[bytes], wanted: list[bytes], found: Found) -> set[bytes]:
    """Those of ``wanted`` that occur, also across the border of two chunks; upper and lower case are one."""
    seen: set[bytes] = set()
    overlap, tail = max(map(len, wanted)) - 1, b""
    for chunk in chunks:
        found.read += len(chunk)
        window = tail + chunk.lower()
        seen.update(word for word in wanted if word in window)
        tail = window[-overlap:]
    return seen


def _places() -> Iterator[tuple[str, Iterator[bytes]]]:
    files = {path for path in Path(settings.VAR_DIR).rglob("*") if path.is_file()}
    for alias in connections:
        connection = connections[alias]
        if connection.vendor == "sqlite":
            database = Path(str(connection.settings_dict["NAME"]))
            files.update(database.parent.glob(f"{database.name}*"))
        else:
            yield from DUMPS[connection.vendor](connection)
    for path in sorted(files):
        yield str(path), _read(path)


def _read(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except FileNotFoundError:  # a message that was taken from the broker's folder meanwhile
        return


def _dump(connection: BaseDatabaseWrapper) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every table as PostgreSQL's binary COPY writes it: bytea and text as they are, nothing turned into hex."""
    with connection.cursor() as cursor:
        cursor.execute(EVERY_TABLE)
        tables = [name for (name,) in cursor.fetchall()]
    for table in tables:
        yield f"{connection.settings_dict['NAME']}.{table}", _rows(connection, table)


def _rows(connection: BaseDatabaseWrapper, table: str) -> Iterator[bytes]:
    # The name comes quoted from the catalogue.
    statement = f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT BINARY)"  # noqa: S608
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield from (bytes(row) for row in copy)


DUMPS: Mapping[str, Callable[[BaseDatabaseWrapper], Iterator[tuple[str, Iterator[bytes]]]]] = {"postgresql": _dump}
