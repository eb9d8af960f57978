"""Search parameters as data, and how their values are read. Pure.

Three kinds: of a *column* (lists), a *bound* (which referrals are opened), a *filter* (what of the opened is
answered). What is not in a table is not supported.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from fhir.content.exact import Object, Tree
from referrals.finding import Bound

from .calls import wrong


class Kind(StrEnum):
    """How a value is read; the words are FHIR's search-param-type."""

    TOKEN = "token"  # noqa: S105  a kind of parameter, no secret
    DATE = "date"
    REFERENCE = "reference"
    URI = "uri"


class Use(StrEnum):
    """What a parameter is good for."""

    COLUMN = "column"
    BOUND = "bound"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Parameter:
    """``field`` is what it asks: a field of a query for columns and bounds, paths in the resource for filters."""

    kind: Kind
    use: Use
    field: str
    target: str = ""
    system: str = ""


Table = Mapping[str, Parameter]

_T, _D, _R, _U = Kind.TOKEN, Kind.DATE, Kind.REFERENCE, Kind.URI
_STATUS = "http://hl7.org/fhir/task-status"
_PRIORITY = "http://hl7.org/fhir/request-priority"
_BUSINESS = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"


def _column(kind: Kind, field: str, target: str = "", system: str = "") -> Parameter:
    return Parameter(kind, Use.COLUMN, field, target, system)


def _filters(**paths: tuple[Kind, str]) -> dict[str, Parameter]:
    return {name.replace("_", "-"): Parameter(kind, Use.FILTER, path) for name, (kind, path) in paths.items()}


_BOUNDS = {
    "_id": Parameter(_T, Use.BOUND, "resources"),
    "_lastUpdated": Parameter(_D, Use.FILTER, ""),
    "patient": Parameter(_R, Use.BOUND, "patients", "Patient"),
    "subject": Parameter(_R, Use.BOUND, "patients", "Patient"),
}
_REQUEST = {"based-on": Parameter(_R, Use.BOUND, "requests", "ServiceRequest")}

PARAMETERS: Mapping[str, Table] = MappingProxyType(
    {
        "Task": {
            "_id": _column(_T, "ids"),
            "_lastUpdated": _column(_D, "changed"),
            "modified": _column(_D, "changed"),
            "authored-on": _column(_D, "authored"),
            "status": _column(_T, "statuses", system=_STATUS),
            "business-status": _column(_T, "business", system=_BUSINESS),
            "priority": _column(_T, "priorities", system=_PRIORITY),
            "owner": _column(_R, "owners", "Organization"),
            "requester": _column(_R, "requesters", "Organization"),
            "patient": _column(_R, "patients", "Patient"),
            "subject": _column(_R, "patients", "Patient"),
            "focus": _column(_R, "requests", "ServiceRequest"),
        },
        "ServiceRequest": {
            "_id": _column(_T, "ids"),
            "authored": _column(_D, "authored"),
            "status": _column(_T, "statuses", system="http://hl7.org/fhir/request-status"),
            "priority": _column(_T, "priorities", system=_PRIORITY),
            "identifier": _column(_T, "references"),
            "code": _column(_T, "services"),
            "patient": _column(_R, "patients", "Patient"),
            "subject": _column(_R, "patients", "Patient"),
        },
        "Patient": {"_id": _BOUNDS["_id"], "_lastUpdated": _BOUNDS["_lastUpdated"]}
        | _filters(identifier=(_T, "identifier"), gender=(_T, "gender"), birthdate=(_D, "birthDate")),
        "Consent": _BOUNDS
        | _filters(status=(_T, "status"), category=(_T, "category"), scope=(_T, "scope"), date=(_D, "dateTime")),
        "QuestionnaireResponse": _BOUNDS
        | _REQUEST
        | _filters(status=(_T, "status"), questionnaire=(_U, "questionnaire"), authored=(_D, "authored")),
        "Observation": _BOUNDS
        | _REQUEST
        | _filters(status=(_T, "status"), category=(_T, "category"), code=(_T, "code"), date=(_D, "effectiveDateTime")),
        "Condition": _BOUNDS
        | _filters(category=(_T, "category"), code=(_T, "code"), clinical_status=(_T, "clinicalStatus")),
        "DocumentReference": _BOUNDS
        | _filters(status=(_T, "status"), type=(_T, "type"), category=(_T, "category"), date=(_D, "date")),
        "Communication": _BOUNDS
        | _REQUEST
        | _filters(status=(_T, "status"), category=(_T, "category"), sent=(_D, "sent"), received=(_D, "received")),
    }
)
COLUMNS = ("Task", "ServiceRequest")
"""The types that are listed by columns; the others are opened first."""


class Span(NamedTuple):
    """The time a date may mean: from ``start`` up to and without ``end``."""

    start: datetime
    end: datetime


_MOMENT = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)(T(?P<clock>\d\d:\d\d(:\d\d(?P<part>\.\d{1,6})?)?)"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?"
)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_PREFIXED = re.compile(r"(?P<prefix>[a-z]{2})?(?P<moment>\d{4}.*)")
PREFIXES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "": (("gte", "start"), ("lt", "end")),
        "eq": (("gte", "start"), ("lt", "end")),
        "gt": (("gte", "end"),),
        "sa": (("gte", "end"),),
        "ge": (("gte", "start"),),
        "lt": (("lt", "start"),),
        "eb": (("lt", "start"),),
        "le": (("lt", "end"),),
    }
)
"""By prefix, which bounds on which end of the span. A time without a zone is UTC."""


def bounds(name: str, value: str) -> tuple[Bound, ...]:
    """The bounds that a date parameter sets. Raises ``Unanswerable``."""
    found = _PREFIXED.fullmatch(value)
    prefix = (found["prefix"] or "") if found else ""
    if found is None or prefix not in PREFIXES:
        raise wrong(400, "value", f"http.{name}", f"must be a date or time, with a prefix of: {_known(PREFIXES)}")
    meant = span(found["moment"])
    if meant is None:
        raise wrong(
            400, "value", f"http.{name}", "must be YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone"
        )
    return tuple(Bound(comparison, getattr(meant, end)) for comparison, end in PREFIXES[prefix])


def _known(names: Mapping[str, object]) -> str:
    return ", ".join(filter(None, names))


def span(text: str) -> Span | None:
    """The time a FHIR date, dateTime or instant may mean; ``None`` for what is none."""
    found = _MOMENT.fullmatch(text)
    try:
        return _span(found) if found else None
    except ValueError:  # the 30th of February
        return None


def _span(found: re.Match[str]) -> Span:
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    if found["clock"] is None:
        first = datetime(year, month, day, tzinfo=UTC)
        return Span(first, _after(first, months=found["month"] is not None, days=found["day"] is not None))
    zone = (found["zone"] or "Z").replace("Z", "+00:00")
    first = _utc(datetime.fromisoformat(f"{date(year, month, day)}T{found['clock']}{zone}"))
    part = found["part"]
    step = timedelta(seconds=10.0 ** (1 - len(part))) if part else timedelta(seconds=1)
    return Span(first, _plus(first, step if found["clock"].count(":") == 2 else timedelta(minutes=1)))


def _after(first: datetime, *, months: bool, days: bool) -> datetime:
    if days:
        return _plus(first, timedelta(days=1))
    end = _plus(first, timedelta(days=32 if months else 366))
    if end == _LAST:
        return end
    return end.replace(day=1) if months else end.replace(month=1, day=1)


def _plus(first: datetime, step: timedelta) -> datetime:
    """``step`` later, or the last moment there is: no calendar of ours knows the year 10000."""
    return first + step if step <= _LAST - first else _LAST


def _utc(moment: datetime) -> datetime:
    """The same moment in UTC; one before or after all years is the first or last there is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == _FIRST.year else _LAST


def codes(name: str, parameter: Parameter, value: str) -> frozenset[str]:
    """The codes one token parameter names; none of a system that is not the column's."""
    found = set()
    for each in _several(value):
        system, bar, code = each.rpartition("|")
        if not code:
            raise wrong(400, "value", f"http.{name}", "must name a code")
        if not bar or not parameter.system or system == parameter.system:
            found.add(code)
    return frozenset(found)


def ids(name: str, parameter: Parameter, value: str) -> frozenset[UUID]:
    """The ids that ``_id`` or a reference names; what is no id of ours names nothing. Raises ``Unanswerable``."""
    found = set()
    for each in _several(value):
        type_, slash, id_ = each.rpartition("/")
        if slash and parameter.target and type_.rpartition("/")[2] != parameter.target:
            raise wrong(400, "value", f"http.{name}", f"must refer to: {parameter.target}")
        try:
            found.add(UUID(id_))
        except ValueError:
            continue
    return frozenset(found)


def _several(value: str) -> list[str]:
    return [each.replace("\\,", ",") for each in re.split(r"(?<!\\),", value)]


def matches(tree: Object, parameter: Parameter, name: str, value: str) -> bool:
    """Whether an opened resource is what a filter asks for; one of several values is enough."""
    return any(_MATCH[parameter.kind](tree.get(parameter.field), name, each) for each in _several(value))


def _token(element: Tree, _name: str, asked: str) -> bool:
    system, bar, code = asked.rpartition("|")
    return any((not bar or system == has) and (not code or code == is_) for has, is_ in _tokens(element))


def _tokens(element: Tree) -> list[tuple[str, str]]:
    """Every (system, code) of an element, whatever of FHIR's token types it is."""
    if isinstance(element, list):
        return [token for each in element for token in _tokens(each)]
    if isinstance(element, str):
        return [("", element)]
    if not isinstance(element, dict):
        return []
    if "coding" in element:
        return _tokens(element["coding"])
    return [(str(element.get("system", "")), str(element.get("code", element.get("value", ""))))]


def _date(element: Tree, name: str, asked: str) -> bool:
    has = span(element) if isinstance(element, str) else None
    return has is not None and within(has, bounds(name, asked))


def within(has: Span, asked: tuple[Bound, ...]) -> bool:
    """Whether a span lies inside all bounds."""
    return all(has.start >= at if comparison == "gte" else has.end <= at for comparison, at in asked)


def _uri(element: Tree, _name: str, asked: str) -> bool:
    return isinstance(element, str) and asked in (element, element.partition("|")[0])


_MATCH = MappingProxyType({_T: _token, _D: _date, _U: _uri})
