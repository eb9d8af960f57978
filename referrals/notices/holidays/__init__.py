"""The days on which a state's offices are closed, as data files with their source. Pure.

A state without a file has no holidays: a clock that runs on one is early, and never late.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).parent
WEEKEND = {"saturday": 5, "sunday": 6}


@cache
def holidays(state: str, year: int) -> frozenset[date]:
    """The days of ``year`` that are kept in ``state``, also those moved from a weekend or from the year after it."""
    file = _files().get(state)
    if file is None:
        return frozenset()
    kept = {day for near in (year, year + 1) for day in _days(file, near)}
    return frozenset(day for day in kept if day.year == year)


def _days(file: Mapping[str, Any], year: int) -> Iterator[date]:
    moved = {WEEKEND[name]: by for name, by in file["moved"].items()}
    for rule in file["days"]:
        day = _day(rule, year)
        yield day
        if day.weekday() in moved:
            yield day + timedelta(days=moved[day.weekday()])


def _day(rule: Mapping[str, Any], year: int) -> date:
    """A fixed day, or the nth of its weekday in its month; -1 is the last."""
    if "day" in rule:
        return date(year, rule["month"], rule["day"])
    if rule["nth"] < 0:
        after = date(year + rule["month"] // 12, rule["month"] % 12 + 1, 1)
        return after - timedelta(days=(after.weekday() - rule["weekday"] - 1) % 7 + 1)
    first = date(year, rule["month"], 1)
    return first + timedelta(days=(rule["weekday"] - first.weekday()) % 7, weeks=rule["nth"] - 1)


@cache
def _files() -> Mapping[str, Mapping[str, Any]]:
    found = [json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return MappingProxyType({file["state"]: file for file in found})
