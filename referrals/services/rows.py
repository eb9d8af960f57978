"""Whole rows, read by the equality of columns and written new, by SQL that is made once.

Django compiles a query anew for every call: more CPU than running it takes, and a send or an opening asks a dozen.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import (
    AutoField,
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    Model,
    UUIDField,
)

from agencies.compiled import ask, raw_cursor, records, spelled

if TYPE_CHECKING:
    from django.db.models import QuerySet

Row = TypeVar("Row", bound=Model)
Column: TypeAlias = "Field[Any, Any]"

AT_ONCE = 500  # rows in one statement, to stay under every engine's limit of parameters
IGNORE = "ON CONFLICT DO NOTHING"


def select(model: type[Row], **equal: object) -> list[Row]:
    """All rows of ``model`` whose columns have these values, in no order; a collection means any one of its values."""
    connection = connections[DEFAULT_DB_ALIAS]
    asked = {_column(model, name): _several(value) for name, value in equal.items()}
    if not all(asked.values()):
        return []
    values = [field.get_db_prep_save(value, connection) for field, several in asked.items() for value in several]
    places = tuple((field, len(several)) for field, several in asked.items())
    return records(model, _selecting(model, places), values)


def attach(model: type[Model], *places: tuple[Iterable[Model], str], along: str = "") -> None:
    """Bring along the rows of ``model`` that foreign keys refer to, by one query: pairs of rows and a key's name.

    ``along`` is a key of ``model`` itself, whose rows come with them.
    """
    wanting = [(row, name) for rows, name in places for row in rows if getattr(row, f"{name}_id") is not None]
    keys = {getattr(row, f"{name}_id") for row, name in wanting}
    found = {row.pk: row for row in (ask(_with, model, along, keys=keys) if along else select(model, pk=keys))}
    for row, name in wanting:
        setattr(row, name, found[getattr(row, f"{name}_id")])


def _with(model: type[Row], along: str, *, keys: Collection[UUID]) -> "QuerySet[Row]":
    return model._default_manager.select_related(along).filter(pk__in=keys)


def insert(rows: Iterable[Model], *, otherwise: str = "") -> None:
    """Write new rows, all of one model, in the caller's transaction; they carry their keys already.

    ``otherwise`` is for a row that is there: it fails, or ``IGNORE`` leaves it, or ``update(...)`` changes it.
    """
    waiting = list(rows)
    for start in range(0, len(waiting), AT_ONCE):
        _insert(waiting[start : start + AT_ONCE], otherwise)


def update(key: str, columns: Iterable[str]) -> str:
    """The ``otherwise`` that gives these columns of the row with the same ``key`` the new values."""
    return f"ON CONFLICT ({key}) DO UPDATE SET " + ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)


def _insert(rows: Sequence[Model], otherwise: str) -> None:
    connection, model = connections[DEFAULT_DB_ALIAS], type(rows[0])
    fields = _written(model)
    writers = [(field.attname, _writer(field, connection.vendor)) for field in fields]
    values = [write(getattr(row, name)) for row in rows for name, write in writers]
    with raw_cursor() as cursor:
        cursor.execute(spelled(_inserting(model, len(rows), otherwise)), values)
    for row in rows:
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS  # noqa: SLF001  as Django's own inserts do


@cache
def _written(model: type[Model]) -> tuple[Column, ...]:
    """The columns of a new row; a key that counts itself is the database's."""
    return tuple(field for field in _columns(model) if not isinstance(field, AutoField))


def _as_it_is(value: Any) -> Any:
    return value


@lru_cache(maxsize=1024)
def _writer(field: Column, vendor: str) -> Callable[[Any], Any]:
    """How a column's value is handed to the driver. Most go as they are; asking each field anew is half an insert.

    SQLite spells a UUID in hex and a time without its zone; of JSON Django knows best.
    """
    kind = field.target_field if isinstance(field, ForeignKey) else field
    if isinstance(kind, UUIDField):
        return _hex if vendor == "sqlite" else _as_it_is
    if isinstance(kind, CharField | IntegerField | BooleanField | BinaryField):
        return _as_it_is
    if isinstance(kind, DateTimeField):
        return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value
    return partial(field.get_db_prep_save, connection=connections[DEFAULT_DB_ALIAS])


def _hex(value: Any) -> Any:
    return None if value is None else value.hex


@lru_cache(maxsize=1024)
def _inserting(model: type[Model], rows: int, otherwise: str) -> str:
    fields = _written(model)
    listed = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * rows)
    return f"INSERT INTO {_table(model)} ({_names(fields)}) VALUES {listed} {otherwise}"  # noqa: S608  no input


@lru_cache(maxsize=1024)
def _selecting(model: type[Model], places: tuple[tuple[Column, int], ...]) -> str:
    tests = [f"{_names([field])} IN ({', '.join(['%s'] * count)})" for field, count in places]
    return f"SELECT {_names(_columns(model))} FROM {_table(model)} WHERE {' AND '.join(tests)}"  # noqa: S608  no input


def _several(value: object) -> Collection[object]:
    return value if isinstance(value, list | tuple | set | frozenset) else (value,)


@cache
def _column(model: type[Model], name: str) -> Column:
    return next(
        field for field in _columns(model) if name in {field.attname, field.name, "pk" if field.primary_key else ""}
    )


@cache
def _columns(model: type[Model]) -> tuple[Column, ...]:
    return tuple(model._meta.concrete_fields)


def _table(model: type[Model]) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(model._meta.db_table)


def _names(fields: Sequence[Column]) -> str:
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    return ", ".join(quote(str(field.column)) for field in fields)
