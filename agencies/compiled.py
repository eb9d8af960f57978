"""Queries that Django compiles once: asked again with other values, they are the SQL it made the first time.

Compiling a query set costs several times the CPU of running it, and one request asks a dozen. Only the text is
remembered; the database is asked every time.
"""

import re
import sqlite3
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import count
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Row = TypeVar("Row")
Record = TypeVar("Record", bound=Model)
Shape: TypeAlias = tuple[tuple[str, Hashable], ...]
Read: TypeAlias = Callable[[Iterable[Any]], list[Any]]

PLACE = re.compile("%s|%%")
SPELLING: Mapping[str, Callable[[int], str]] = {"sqlite": "?{}".format, "postgresql": "${}".format}
"""How each driver spells a place, by its number."""
FIRST_MOMENT = datetime(1, 1, 1, tzinfo=UTC)
# A value of each kind that no row and no query set holds by itself, by its number.
STAND_INS: Mapping[type, Callable[[int], Any]] = {
    UUID: lambda number: UUID(int=number),
    datetime: lambda number: FIRST_MOMENT + timedelta(microseconds=number),
    str: lambda number: f"stand-in {number}",
}


class _Several(NamedTuple):
    """The shape of a collection: how many values of which kind."""

    kind: type
    size: int


class _Value(NamedTuple):
    """What stands in the parameters of a compiled query for a value to come: the argument, and its place in it."""

    name: str
    place: int


class Question(NamedTuple):
    """What ``ask`` takes, to be asked later; ``question`` makes one."""

    make: Callable[..., "QuerySet[Any, Any]"]
    fixed: tuple[Hashable, ...]
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """``types`` are those of its columns, as the database calls them."""

    sql: str
    params: tuple[Any, ...]
    types: tuple[str, ...]
    read: Read


def question(make: Callable[..., "QuerySet[Any, Row]"], *fixed: Hashable, **values: object) -> Question:
    """What ``ask`` would ask."""
    return Question(make, fixed, values)


def ask(make: Callable[..., "QuerySet[Any, Row]"], *fixed: Hashable, **values: object) -> list[Row]:
    """The rows of ``make(*fixed, **values)``, a query set that depends on its arguments alone.

    Values are UUIDs, times, strings, or collections of one of these kinds; whatever else is passed, ``None`` and truth
    values among it, is part of which query it is, as is how many there are in a collection. Raises ``ValueError``
    for a query that changes a value on its way into the SQL.
    """
    compiled, params = _filled(Question(make, fixed, values))
    return _run(compiled.sql, params, compiled.read) if compiled else []


def ask_together(*questions: Question) -> list[list[Any]]:
    """The rows of each of these by one statement: all as they were at one moment, and none in any order."""
    filled = [_filled(each) for each in questions]
    parts = tuple(compiled for compiled, _params in filled if compiled)
    found = _run_together(parts, [param for compiled, params in filled if compiled for param in params])
    return [next(found) if compiled else [] for compiled, _params in filled]


def _run_together(parts: tuple[_Compiled, ...], params: Sequence[Any]) -> Iterator[list[Any]]:
    rows: list[list[Any]] = [[] for _ in parts]
    for number, *row in _run(_union(parts), params, list) if parts else ():
        rows[number].append(row)
    start = 0
    for part, some in zip(parts, rows, strict=True):
        end = start + len(part.types)
        yield part.read([row[start:end] for row in some])
        start = end


def _filled(asked: Question) -> tuple["_Compiled | None", list[Any]]:
    """The compiled query of a question, and its parameters."""
    listed = {name: _listed(value) for name, value in asked.values.items()}
    shape = tuple((name, _shape(asked.values[name], several)) for name, several in listed.items())
    compiled = _compile(connections[DEFAULT_DB_ALIAS].vendor, asked.make, asked.fixed, shape)
    params = compiled.params if compiled else ()
    return compiled, [_adapted(listed[each.name][each.place]) if isinstance(each, _Value) else each for each in params]


@lru_cache(maxsize=512)
def _union(parts: tuple[_Compiled, ...]) -> str:
    """One statement for all: each row begins with the number of its part, and has its columns in that part's place."""
    nothing = [", ".join(f"CAST(NULL AS {kind})" for kind in part.types) for part in parts]
    rows = (
        f"SELECT {', '.join([str(number), *nothing[:number], f'part{number}.*', *nothing[number + 1 :]])} "  # noqa: S608
        f"FROM ({part.sql}) part{number}"
        for number, part in enumerate(parts)
    )
    return " UNION ALL ".join(rows)


def records(model: type[Record], sql: str, params: Iterable[object]) -> list[Record]:
    """The rows that ``sql`` finds, which names the columns of ``model`` in their order."""
    compiled = _compile(connections[DEFAULT_DB_ALIAS].vendor, _all_of, (model,), ())
    return _run(sql, [_adapted(param) for param in params], compiled.read) if compiled else []


@cache
def columns(model: type[Model], table: str) -> str:
    """The columns of ``model`` in their order, of what a statement calls ``table``."""
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


def _all_of(model: type[Record]) -> "QuerySet[Record]":
    return model._default_manager.all()


def _run(sql: str, params: Sequence[Any], read: Read) -> list[Any]:
    with raw_cursor() as cursor:
        cursor.execute(spelled(sql), params)
        return read(cursor.fetchall())


def raw_cursor() -> CursorWrapper:
    """The driver's own cursor, for statements that ``spelled`` wrote.

    Django's looks for every ``%s`` of a statement each time it is run. It is used all the same where Django keeps a
    list of what it asked: it can't spell other statements out.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    kind = None if connection.queries_logged else _RAW[connection.vendor]()
    if kind is None:
        return cast("CursorWrapper", connection.cursor())
    connection.ensure_connection()
    return cast("CursorWrapper", connection.make_cursor(kind(connection.connection)))


def spelled(sql: str) -> str:
    """A statement with ``%s`` for its places, as ``raw_cursor`` takes it now."""
    connection = connections[DEFAULT_DB_ALIAS]
    return sql if connection.queries_logged else _spelled(sql, connection.vendor)


@lru_cache(maxsize=4096)
def _spelled(sql: str, vendor: str) -> str:
    places = count(1)
    return PLACE.sub(lambda found: "%" if found[0] == "%%" else SPELLING[vendor](next(places)), sql)


def _psycopg() -> Any:
    from psycopg import RawCursor  # noqa: PLC0415  11 MiB that SQLite does without

    return RawCursor


_RAW: Mapping[str, Callable[[], Any]] = {"sqlite": lambda: sqlite3.Cursor, "postgresql": _psycopg}


def _listed(value: object) -> list[Any]:
    """The values to be put in: of a collection all, of what is part of the query none."""
    if isinstance(value, frozenset | set | list | tuple):
        return list(value)
    return [value] if type(value) in STAND_INS else []


def _shape(value: object, listed: list[Any]) -> Hashable:
    if isinstance(value, frozenset | set | list | tuple):
        kinds = {type(each) for each in listed}
        if len(kinds) > 1 or not kinds <= STAND_INS.keys():
            raise TypeError(f"A collection has values of one kind, and none of these: {kinds}")
        return _Several(next(iter(kinds), str), len(listed))
    return _Several(type(value), -1) if listed else value


@lru_cache(maxsize=2048)
def _compile(
    _vendor: str, make: Callable[..., "QuerySet[Any]"], fixed: tuple[Hashable, ...], shape: Shape
) -> _Compiled | None:
    """``None`` for a query that finds nothing whatever is asked."""
    try:
        # Twice, with other values: what differs then hangs on them, and must be one of them as it was given.
        (rows, compiler, sql, params), (_, _, again, others) = (
            _made(make, fixed, shape, first) for first in (1, 10_000)
        )
    except EmptyResultSet:
        return None
    if sql != again or any(
        one != other and not isinstance(one, _Value) for one, other in zip(params, others, strict=True)
    ):
        raise ValueError("A value does not come into the query as it was given.")
    return _Compiled(sql, params, _types(compiler), _reader(rows, compiler))


def _made(
    make: Callable[..., "QuerySet[Any]"], fixed: tuple[Hashable, ...], shape: Shape, first: int
) -> tuple["QuerySet[Any]", Any, str, tuple[Any, ...]]:
    """The query with stand-ins from a number on, its compiler, text and parameters, the stand-ins as what they are."""
    numbers = count(first)
    places: dict[Hashable, _Value] = {}
    arguments: dict[str, Any] = {}
    for name, kind in shape:
        if isinstance(kind, _Several):
            made = [STAND_INS[kind.kind](next(numbers)) for _ in range(abs(kind.size))]
            places |= {_adapted(value): _Value(name, place) for place, value in enumerate(made)}
            arguments[name] = made[0] if kind.size < 0 else made
        else:
            arguments[name] = kind
    rows = make(*fixed, **arguments)
    compiler = rows.query.get_compiler(using=DEFAULT_DB_ALIAS)
    sql, params = compiler.as_sql()
    return rows, compiler, sql, tuple(places.get(param, param) for param in params)


def _types(compiler: Any) -> tuple[str, ...]:
    connection = connections[DEFAULT_DB_ALIAS]
    return tuple(each[0].output_field.cast_db_type(connection) for each in compiler.select)


def _adapted(value: Any) -> Any:
    """A value as the driver takes it: SQLite spells a UUID in hex and a time in words."""
    connection = connections[DEFAULT_DB_ALIAS]
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def _reader(rows: "QuerySet[Any]", compiler: Any) -> Read:
    """What makes rows of the database's answer, as the query set would: of a model with what comes along with it."""
    converters = list(compiler.get_converters([each[0] for each in compiler.select]).items())

    def converted(found: Iterable[Any]) -> Iterator[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        for row in map(list, found):
            for place, (steps, expression) in converters:
                for step in steps:
                    row[place] = step(row[place], expression, connection)
            yield row

    make = _making(rows, compiler)
    return lambda found: [make(row) for row in (converted(found) if converters else found)]


def _making(rows: "QuerySet[Any]", compiler: Any) -> Callable[[Any], Any]:
    iterable: Any = rows._iterable_class  # noqa: SLF001  Django has no public name for it
    if not issubclass(iterable, ModelIterable):
        return (lambda row: row[0]) if len(compiler.select) == 1 else tuple
    chosen = compiler.klass_info["select_fields"]
    start, end = chosen[0], chosen[-1] + 1
    model, names = compiler.klass_info["model"], [each[0].target.attname for each in compiler.select[start:end]]
    populators: Any = get_related_populators  # the stubs are a later Django's
    related = populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS)
    annotated = tuple(compiler.annotation_col_map.items())

    def made(row: Any) -> Any:
        one = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for each in related:
            each.populate(row, one)
        for name, column in annotated:
            setattr(one, name, row[column])
        return one

    return made
