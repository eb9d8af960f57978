"""A search as it was asked: the parameters read, what is not supported said, what is left to do in one value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fhir.content.issues import Issue
from referrals.finding import Bound, RequestQuery, TaskQuery

from . import cursors
from .calls import Call, wrong
from .parameters import PARAMETERS, Kind, Parameter, Use, bounds, codes, ids

DEFAULT_COUNT, MOST = 20, 100
TOTALS = ("none", "estimate", "accurate")
SORTS = {"Task": ("_lastUpdated", "-_lastUpdated"), "ServiceRequest": ()}
INCLUDES = {
    "Task": ("Task:focus", "Task:owner", "Task:requester"),
    "ServiceRequest": ("ServiceRequest:requester",),
}
"""What a list may bring along: other lists' rows and the directory, never what would have to be opened."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was asked for: ``fields`` of a query or bounds by name, ``filters`` on what is opened, and how to answer."""

    fields: dict[str, Any]
    filters: tuple[tuple[str, Parameter, str], ...]
    used: tuple[tuple[str, str], ...]
    ignored: tuple[Issue, ...]
    count: int
    only_count: bool
    total: bool
    elements: tuple[str, ...]
    includes: tuple[str, ...]
    rising: bool
    place: str


def search_of(call: Call) -> Search:
    """Read the parameters of a search, or those sealed in its cursor. Raises ``Unanswerable``."""
    given, place = call.parameters, ""
    cursor = dict(given).get("_cursor")
    if cursor is not None:
        if set(dict(given)) - {"_cursor", "_format"}:
            raise wrong(400, "invalid", "http._cursor", "must stand alone: it holds the whole query")
        opened = cursors.unseal(call.actor, call.type, cursor)
        given, place = opened.parameters, opened.place
    return _Reader(call, given).search(place)


class _Reader:
    """Goes through the parameters once and keeps what each says."""

    def __init__(self, call: Call, given: tuple[tuple[str, str], ...]) -> None:
        self.type, self.strict, self.given = call.type, call.strict, given
        self.table = PARAMETERS[call.type]
        self.fields: dict[str, Any] = {}
        self.filters: list[tuple[str, Parameter, str]] = []
        self.used: list[tuple[str, str]] = []
        self.ignored: list[Issue] = []
        self.result: dict[str, str] = {}
        self.includes: list[str] = []

    def search(self, place: str) -> Search:
        for name, value in self.given:
            if self._take(name, value):
                self.used.append((name, value))
        count = self._count()
        return Search(
            fields=self.fields,
            filters=tuple(self.filters),
            used=tuple(self.used),
            ignored=tuple(self.ignored),
            count=count,
            only_count=count == 0 or self.result.get("_summary") == "count",
            total=self.result.get("_total", "none") != "none",
            elements=tuple(filter(None, self.result.get("_elements", "").split(","))),
            includes=tuple(self.includes),
            rising=self.result.get("_sort") == "_lastUpdated",
            place=place,
        )

    def _take(self, name: str, value: str) -> bool:
        """Whether a parameter was understood; if not, it is refused, or named among the ignored."""
        if name in self.table:
            self._ask(name, self.table[name], value)
            return True
        base = re.split(r"[:.]", name)[0]
        if base != name and base in self.table:  # it would widen the answer to ignore it
            raise wrong(400, "not-supported", f"http.{base}", "has no modifier and no chain here")
        if name == "_include" and value in INCLUDES.get(self.type, ()):
            self.includes.append(value)
            return True
        if name in _RESULTS and self._fits(name, value):
            self.result[name] = value
            return True
        return name == "_format" or self._ignore(name)

    def _ignore(self, name: str) -> bool:
        shown = name if _NAME.fullmatch(name) else "unknown"
        text = "is not supported here, in this form or at all"
        if self.strict:
            raise wrong(400, "not-supported", f"http.{shown}", text)
        self.ignored.append(Issue("warning", "not-supported", f"http.{shown}", f"{text}; it was ignored"))
        return False

    def _fits(self, name: str, value: str) -> bool:
        if name == "_sort":
            return value in SORTS.get(self.type, ())
        return bool(_RESULTS[name].fullmatch(value))

    def _count(self) -> int:
        return min(int(self.result.get("_count", DEFAULT_COUNT)), MOST)

    def _ask(self, name: str, parameter: Parameter, value: str) -> None:
        if parameter.use is Use.FILTER:
            if parameter.kind is Kind.DATE:
                bounds(name, value)
            self.filters.append((name, parameter, value))
        elif parameter.kind is Kind.DATE:
            self.fields[parameter.field] = (*self.fields.get(parameter.field, ()), *bounds(name, value))
        else:
            read = ids if parameter.kind is Kind.REFERENCE or name == "_id" else codes
            found = read(name, parameter, value)
            before = self.fields.get(parameter.field)
            self.fields[parameter.field] = found if before is None else before & found


_RESULTS = {
    "_count": re.compile(r"\d{1,6}", re.ASCII),
    "_total": re.compile("|".join(TOTALS)),
    "_summary": re.compile("count|false"),
    "_elements": re.compile(r"[A-Za-z]+(,[A-Za-z]+)*"),
    "_sort": re.compile(""),
}


def task_query(search: Search) -> TaskQuery:
    """The query of a list of tasks."""
    return TaskQuery(**search.fields)


def request_query(search: Search) -> RequestQuery:
    """The query of a list of requests."""
    return RequestQuery(**search.fields)


def bounding(search: Search) -> dict[str, frozenset[UUID]]:
    """What bounds an opening: patients, requests or ids. Empty if nothing does."""
    return search.fields


def changed(search: Search) -> Iterator[tuple[Bound, ...]]:
    """What is asked of the time a version came to be."""
    return (bounds(name, value) for name, parameter, value in search.filters if not parameter.field)
