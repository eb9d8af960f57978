"""How the values of search parameters are read: dates as spans of time, codes, ids. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from referrals.finding import Bound

from .calls import wrong
from .parameters import Parameter


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


def within(has: Span, asked: tuple[Bound, ...]) -> bool:
    """Whether a span lies inside all bounds."""
    return all(has.start >= at if comparison == "gte" else has.end <= at for comparison, at in asked)


def codes(name: str, parameter: Parameter, value: str) -> frozenset[str]:
    """The codes one token parameter names; none of a system that is not the column's."""
    found = set()
    for each in several(value):
        system, bar, code = each.rpartition("|")
        if not code:
            raise wrong(400, "value", f"http.{name}", "must name a code")
        if not bar or not parameter.system or system == parameter.system:
            found.add(code)
    return frozenset(found)


def pairs(name: str, value: str) -> tuple[tuple[str, str], ...]:
    """The identifiers a parameter names, each ``system|value``. Raises ``Unanswerable`` for one without its system."""
    found = tuple((system, code) for system, _, code in (each.rpartition("|") for each in several(value)))
    if not all(system and code for system, code in found):
        raise wrong(400, "value", f"http.{name}", "must be system|value")
    return found


def ids(name: str, parameter: Parameter, value: str) -> frozenset[UUID]:
    """The ids that ``_id`` or a reference names; what is no id of ours names nothing. Raises ``Unanswerable``."""
    found = set()
    for each in several(value):
        type_, slash, id_ = each.rpartition("/")
        if slash and parameter.target and type_.rpartition("/")[2] != parameter.target:
            raise wrong(400, "value", f"http.{name}", f"must refer to: {parameter.target}")
        try:
            found.add(UUID(id_))
        except ValueError:
            continue
    return frozenset(found)


def several(value: str) -> list[str]:
    """The values that a comma divides; any of them will do."""
    return [each.replace("\\,", ",") for each in re.split(r"(?<!\\),", value)]
