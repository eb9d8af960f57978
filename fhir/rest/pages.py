"""One page of what a search found, as a Bundle: matches, what comes along, what is to be said, and where it goes on."""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlencode

from fhir.content.exact import Object
from fhir.content.issues import Issue

from . import cursors, outcomes, rendering
from .asking import Search
from .calls import Answer, Call


def page(
    call: Call,
    asked: Search,
    rows: Iterable[Object],
    along: Iterable[Object] = (),
    *,
    total: int | None = None,
    place: str = "",
    notes: Iterable[Issue] = (),
) -> Answer:
    """The page that holds ``rows``; ``place`` is where the next one begins, "" at the end."""
    matched = (rendering.only(tree, asked.elements) for tree in rows)
    entries = [rendering.entry(call.base, tree, "match") for tree in matched]
    entries += [rendering.entry(call.base, tree, "include") for tree in along]
    issues = [*asked.ignored, *notes]
    if issues:
        entries.append(rendering.entry(call.base, outcomes.tree_of(issues), "outcome"))
    tree = rendering.bundle(
        "searchset",
        entries,
        links=_links(call, asked, place),
        total=None if total is None else rendering.number(total),
    )
    return Answer(tree=tree)


def cut(
    call: Call,
    asked: Search,
    rows: Sequence[Object],
    along: Callable[[list[Object]], list[Object]],
    *,
    notes: Iterable[Issue] = (),
) -> Answer:
    """The page of what was found all at once; its place is the number of the rows before it."""
    start = int(asked.place or 0)
    shown = [] if asked.only_count else list(rows[start : start + asked.count])
    more = str(start + asked.count) if shown and start + asked.count < len(rows) else ""
    return page(call, asked, shown, along(shown), total=len(rows), place=more, notes=notes)


def _links(call: Call, asked: Search, place: str) -> list[tuple[str, str]]:
    """This page, and the next. What was posted stands in neither."""
    url = f"{call.base}/{call.type}"
    said = "" if call.posted or asked.place else urlencode(asked.used)
    links = [("self", f"{url}?{said}" if said else url)]
    if place:
        text = cursors.seal(call.actor, call.type, cursors.Cursor(parameters=asked.used, place=place))
        links.append(("next", f"{url}?{urlencode({'_cursor': text})}"))
    return links
