"""The list of a client's own subscriptions: parse, one call, answer."""

from fhir.content.exact import Object
from fhir.subscriptions.services import keeping

from . import pages
from .asking import Search
from .calls import Answer, Call
from .matching import matches


def search(call: Call, asked: Search) -> Answer:
    """One page of them, the oldest first. One event."""
    found = [keeping.tree_of(row) for row in keeping.listed(call.actor)]
    return pages.cut(call, asked, [tree for tree in found if all(matches(tree, each) for each in asked.filters)], _none)


def _none(_shown: list[Object]) -> list[Object]:
    return []
