"""The filters of a subscription, read by the grammar of search: what is told is what a list of the same would hold.

A filter that would never let anything through is refused: who waits for it would wait for ever.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from fhir.content.issues import Issue, error
from fhir.subscriptions.filters import kept
from fhir.subscriptions.kinds import Topic
from referrals.errors import Invalid
from referrals.models import Priority
from referrals.workflow import State

from . import asking, bodies, searching
from .calls import Call, Unanswerable
from .values import bounds, several

AT = "Subscription.criteria.extension"
FULFIL = "fulfill"
_PRIORITIES = frozenset(Priority.values)

KNOWN: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "Task": {"statuses": frozenset(map(str, State)), "priorities": _PRIORITIES},
        "ServiceRequest": {
            "statuses": frozenset({"active", "on-hold", "revoked", "completed", "entered-in-error"}),
            "priorities": _PRIORITIES,
        },
    }
)
"""By type and field, every code there is."""


def query(call: Call, topic: Topic, filters: Iterable[str]) -> dict[str, Any]:
    """What the filters ask for, all of it, as it is kept. Raises ``Invalid`` with all that is wrong."""
    given = [pair for text in filters for pair in _pairs(text)]
    unknown = [name for name, _value in given if re.split(r"[:.]", name)[0] not in topic.filters]
    if unknown:
        raise Invalid([error("not-supported", AT, f"must be a filter by: {', '.join(sorted(topic.filters))}")])
    own = [(name, value) for name, value in given if _is_own(topic, name)]
    asked = replace(
        call, type=topic.type, strict=True, posted=False, parameters=tuple(p for p in given if p not in own)
    )
    try:
        fields = dict(searching.resolved(asked, asking.search_of(asked)).fields)
        moments = tuple(bound for name, value in own if name == "_lastUpdated" for bound in bounds(name, value))
    except Unanswerable as refused:
        raise Invalid([error(each.code, AT, f"{_name(each)} {each.text}") for each in refused.issues]) from None
    fields |= {"changed": moments} if moments else {}
    issues = [*_codes(own), *_empty(topic, fields)]
    if issues:
        raise Invalid(issues)
    return kept(fields)


def _is_own(topic: Topic, name: str) -> bool:
    """Whether a filter is none of the list's: every Task here has one code, and requests are listed by the inbox."""
    return name == "code" or (topic.type == "ServiceRequest" and name == "_lastUpdated")


def _pairs(text: str) -> list[tuple[str, str]]:
    """The names and values of one filter. Raises ``Invalid`` for a part that is no ``name=value``."""
    found = bodies.query(text)
    if len(found) != len(text.split("&")):
        raise Invalid([error("structure", AT, "must be name=value, several of them with & between")])
    return found


def _codes(own: Iterable[tuple[str, str]]) -> Iterator[Issue]:
    for name, value in own:
        if name == "code" and not any(each.rpartition("|")[2] == FULFIL for each in several(value)):
            yield error("value", AT, f"code must be {FULFIL}: every Task here has that one")


def _empty(topic: Topic, fields: dict[str, Any]) -> Iterator[Issue]:
    """Fields that no row can have."""
    for name, asked in fields.items():
        known = KNOWN[topic.type].get(name)
        if isinstance(asked, frozenset) and not (asked if known is None else asked & known):
            allowed = f": {', '.join(sorted(known))}" if known else ""
            yield error("value", AT, f"names nothing that there is here{allowed}")


def _name(issue: Issue) -> str:
    return issue.expression.removeprefix("http.")
