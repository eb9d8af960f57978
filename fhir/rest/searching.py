"""Search: what was asked is read here, and answered by the way its type is found."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from agencies.directory import called
from referrals import finding

from . import asking, audited, blinds, directory, provenance, subscribed
from .asking import Pairs, Search
from .calls import Answer, Call
from .lists import listed
from .opened import opened
from .parameters import AUDITED, DIRECTORY, LISTED, OPENED, SIGNED, SUBSCRIBED
from .told import AGENCY

WAYS: Mapping[str, Callable[[Call, Search], Answer]] = MappingProxyType(
    {
        **dict.fromkeys(LISTED, listed),
        **dict.fromkeys(OPENED, opened),
        **dict.fromkeys(DIRECTORY, directory.search),
        **dict.fromkeys(SIGNED, provenance.search),
        **dict.fromkeys(AUDITED, audited.search),
        **dict.fromkeys(SUBSCRIBED, subscribed.search),
    }
)


def search(call: Call) -> Answer:
    """One page of what was asked for."""
    return WAYS[call.type](call, resolved(call, asking.search_of(call)))


def resolved(call: Call, asked: Search) -> Search:
    """The search with ids in place of identifiers: of agencies, and of referrals of one's own clients."""
    fields: dict[str, Any] = dict(asked.fields)
    found = [(field, called(_of_agencies(pairs))) for field, pairs in asked.agencies]
    found += [
        (field, finding.referrals_of_clients(call.actor, blinds.identified(pairs))) for field, pairs in asked.blind
    ]
    for field, ids in found:
        fields[field] = fields[field] & ids if field in fields else ids
    return replace(asked, fields=fields)


def _of_agencies(pairs: Pairs) -> list[str]:
    return [value for system, value in pairs if system == AGENCY]
