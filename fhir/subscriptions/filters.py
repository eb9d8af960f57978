"""Whether what happened is what a subscription asks for. Pure.

A query is JSON: the fields of a list's query (``referrals.finding``) with the values any of which will do, and of a
time its bounds. The edge reads it by the grammar of search, so that a filter and a list agree.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

Query = Mapping[str, Any]
Facts = Mapping[str, "str | datetime"]
"""What is so of the thing that changed, by the same names, as its agency is shown it."""

COMPARISONS: Mapping[str, Callable[[datetime, datetime], bool]] = MappingProxyType(
    {"gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt}
)


def fits(query: Query, facts: Facts) -> bool:
    """Whether ``facts`` are all that ``query`` asks for. Raises ``KeyError`` for a field that nothing is known of."""
    return all(_one(asked, facts[name]) for name, asked in query.items())


def _one(asked: Iterable[Any], is_: str | datetime) -> bool:
    if isinstance(is_, datetime):
        return all(COMPARISONS[comparison](is_, datetime.fromisoformat(at)) for comparison, at in asked)
    return is_ in asked


def kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a list's query as JSON."""
    return {name: _kept(asked) for name, asked in fields.items()}


def _kept(asked: Any) -> list[Any]:
    if isinstance(asked, tuple):
        return [[bound.comparison, bound.at.isoformat()] for bound in asked]
    return sorted(map(str, asked))
