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
from .matching import Filter
from .parameters import INCLUDES, MODIFIERS, PARAMETERS, REVINCLUDES, Kind, Parameter, Use
from .values import bounds, codes, ids, pairs, several

DEFAULT_COUNT, MOST = 20, 100
TOTALS = ("none", "estimate", "accurate")
SORTS = {"Task": ("_lastUpdated", "-_lastUpdated"), "ServiceRequest": ()}
Pairs = tuple[tuple[str, str], ...]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was asked for: ``fields`` of a query or bounds by name, ``filters`` on trees, and how to answer.

    ``blind`` and ``agencies`` are identifiers of a client and of agencies, by the field they are to bound: (system,
    value) pairs of which any will do. ``posted``: it came in a body, now or when its cursor was made.
    """

    fields: dict[str, Any]
    filters: tuple[Filter, ...]
    blind: tuple[tuple[str, Pairs], ...]
    agencies: tuple[tuple[str, Pairs], ...]
    posted: bool
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
        self.posted = call.posted or given is not call.parameters
        self.table = PARAMETERS[call.type]
        self.fields: dict[str, Any] = {}
        self.filters: list[Filter] = []
        self.named: dict[Use, list[tuple[str, Pairs]]] = {Use.BLIND: [], Use.AGENCY: []}
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
            blind=tuple(self.named[Use.BLIND]),
            agencies=tuple(self.named[Use.AGENCY]),
            posted=self.posted,
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
        if base != name and (base in self.table or base == "_has"):  # it would widen the answer to ignore it
            self._modified(base, name, value)
            return True
        for kind, table in _ALONG.items():
            if name == kind and value in table.get(self.type, ()):
                self.includes.append(value)
                return True
        if name in _RESULTS and self._fits(name, value):
            self.result[name] = value
            return True
        return name == "_format" or self._ignore(name)

    def _modified(self, base: str, name: str, value: str) -> None:
        """A parameter with something behind its name. Raises ``Unanswerable`` for what is not in the tables."""
        parameter, modifier = self.table.get(base), name.removeprefix(f"{base}:")
        if parameter is None:
            raise wrong(400, "not-supported", f"http.{base}", "is not offered here; ask for what refers to it")
        if modifier == "missing" and (parameter.always or (parameter.use is Use.FILTER and parameter.field)):
            self._missing(base, parameter, value)
        elif parameter.target and modifier == parameter.target:
            self._ask(base, parameter, value)
        elif modifier == "not" and parameter.universe:
            self._narrow(parameter.field, parameter.universe - codes(base, parameter, value))
        elif parameter.use is Use.FILTER and parameter.field and modifier in MODIFIERS[parameter.kind]:
            self.filters.append(Filter(base, parameter, value, modifier))
        else:
            raise wrong(400, "not-supported", f"http.{base}", "has no such modifier or chain here")

    def _missing(self, base: str, parameter: Parameter, value: str) -> None:
        if value not in ("true", "false"):
            raise wrong(400, "value", f"http.{base}", "is missing: true or false")
        if parameter.use is Use.FILTER:
            self.filters.append(Filter(base, parameter, value, "missing"))
        elif value == "true":
            self.fields["ids"] = frozenset()  # no row is without it

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
            self.filters.append(Filter(name, parameter, value))
        elif parameter.use in self.named:
            self._name(name, parameter, value)
        elif parameter.use is Use.TARGET:
            self._narrow(parameter.field, frozenset(several(value)))
        elif parameter.kind is Kind.DATE:
            self.fields[parameter.field] = (*self.fields.get(parameter.field, ()), *bounds(name, value))
        else:
            read = ids if parameter.kind is Kind.REFERENCE or name == "_id" else codes
            self._narrow(parameter.field, read(name, parameter, value))

    def _name(self, name: str, parameter: Parameter, value: str) -> None:
        if parameter.use is Use.BLIND and not self.posted:
            text = "points at a person: post it to _search, it must stand in no address"
            raise wrong(400, "not-supported", f"http.{name}", text)
        self.named[parameter.use].append((parameter.field, pairs(name, value)))

    def _narrow(self, field: str, found: frozenset[Any]) -> None:
        before = self.fields.get(field)
        self.fields[field] = found if before is None else before & found


_ALONG = {"_include": INCLUDES, "_revinclude": REVINCLUDES}
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
    return (bounds(each.name, each.value) for each in search.filters if not each.parameter.field)
