"""Search: tasks and requests by columns, unsealing nothing; the others opened first, each opening recorded."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlencode
from uuid import UUID

from fhir.content.exact import Object
from fhir.content.issues import Issue
from referrals import finding, resources
from referrals.errors import Denied
from referrals.services import recording
from referrals.services.columns import RequestRow, TaskRow
from referrals.services.versions import Version

from . import asking, cursors, directory, outcomes, rendering
from .asking import Search
from .calls import Answer, Call, wrong
from .parameters import COLUMNS, Span, matches, within
from .reading import covers

MOST_FOLDERS = 50

Rows = list[Version]
Found = tuple[Rows, list[Object], str]
"""A page's rows, what comes along with them, and the place after it, "" at the end."""


def search(call: Call) -> Answer:
    """One page of what was asked for."""
    asked = asking.search_of(call)
    if call.type in COLUMNS:
        return _listed(call, asked)
    return _opened(call, asked)


def _listed(call: Call, asked: Search) -> Answer:
    if asked.only_count:
        return _answer(call, asked, [], [], total=COUNT[call.type](call, asked))
    total = COUNT[call.type](call, asked) if asked.total else None
    rows, along, place = PAGE[call.type](call, asked)
    return _answer(call, asked, rows, along, total=total, place=place)


def _tasks(call: Call, asked: Search) -> Found:
    after = _mark(asked.place)
    found = finding.tasks(call.actor, asking.task_query(asked), after=after, size=asked.count + 1, rising=asked.rising)
    rows = found[: asked.count]
    versions = [
        Version(type="Task", id=row.shown.id, number=row.shown.version, at=row.shown.changed_at, row=row)
        for row in rows
    ]
    last = rows[-1].shown if len(found) > len(rows) else None
    return versions, _along(call, asked, rows), f"{last.changed_at.isoformat()} {last.id}" if last else ""


def _requests(call: Call, asked: Search) -> Found:
    query = asking.request_query(asked)
    rows, mark = finding.requests(call.actor, query, after=_mark(asked.place), size=asked.count)
    more = mark if mark and len(rows) == asked.count else None
    return _versions(rows), _along(call, asked, rows), f"{more[0].isoformat()} {more[1]}" if more else ""


def _versions(rows: Iterable[RequestRow]) -> Rows:
    return [Version(type="ServiceRequest", id=row.id, number=row.version, at=row.at, row=row) for row in rows]


PAGE: Mapping[str, Callable[[Call, Search], Found]] = MappingProxyType({"Task": _tasks, "ServiceRequest": _requests})
COUNT: Mapping[str, Callable[[Call, Search], int]] = MappingProxyType(
    {
        "Task": lambda call, asked: finding.count_tasks(call.actor, asking.task_query(asked)),
        "ServiceRequest": lambda call, asked: finding.count_requests(call.actor, asking.request_query(asked)),
    }
)


def _mark(place: str) -> finding.Mark | None:
    at, _, id_ = place.partition(" ")
    return (datetime.fromisoformat(at), UUID(id_)) if place else None


def _along(call: Call, asked: Search, rows: Iterable[TaskRow | RequestRow]) -> list[Object]:
    """What ``_include`` asks for: rows of lists and of the directory, as far as the caller's token covers them."""
    listed = list(rows)
    wanted = {each.partition(":")[2] for each in asked.includes}
    found: list[Object] = []
    if "focus" in wanted and covers(call.let_in, "ServiceRequest"):
        referrals = frozenset(row.referral_id for row in listed if isinstance(row, TaskRow))
        found += map(rendering.resource, _versions(finding.requests_of(call.actor, referrals)))
    if wanted & {"owner", "requester"} and covers(call.let_in, "Organization"):
        found += directory.organizations({id_ for row in listed for id_ in _agencies(row, wanted)})
    return found


def _agencies(row: TaskRow | RequestRow, wanted: set[str]) -> list[UUID]:
    if isinstance(row, RequestRow):
        return [row.sender_id] if row.sender_id else []
    sides = {"owner": row.owner_id, "requester": row.requester_id}
    return [id_ for side, id_ in sides.items() if side in wanted]


def _opened(call: Call, asked: Search) -> Answer:
    """Open the few referrals that the bounds leave, one by one, and answer what of them fits."""
    bounds = asking.bounding(asked)
    if not bounds:
        raise wrong(
            400, "not-supported", call.type, "is found only by patient, _id or based-on; nothing else bounds it"
        )
    folders = finding.folders(call.actor, **bounds)
    if len(folders) > MOST_FOLDERS:
        raise wrong(400, "too-costly", call.type, f"lies in more than {MOST_FOLDERS} referrals; ask for fewer")
    recording.record(call.actor, finding.LIST, code=call.type)
    found: Rows = []
    withheld: list[Issue] = []
    for folder_id in folders:
        try:
            found += resources.opened_in(
                call.actor, folder_id, types=[call.type], action=resources.SEARCH, ids=bounds.get("resources")
            )
        except Denied as denied:
            withheld.append(Issue("warning", "suppressed", call.type, str(denied)))
    fitting = [version for version in found if _fits(version, asked)]
    start = int(asked.place or 0)
    page = [] if asked.only_count else fitting[start : start + asked.count]
    more = str(start + asked.count) if page and start + asked.count < len(fitting) else ""
    return _answer(call, asked, page, [], total=len(fitting), place=more, notes=withheld)


def _fits(version: Version, asked: Search) -> bool:
    moment = Span(version.at, version.at)
    tree = version.tree or {}
    return all(within(moment, each) for each in asking.changed(asked)) and all(
        matches(tree, parameter, name, value) for name, parameter, value in asked.filters if parameter.field
    )


def _answer(
    call: Call,
    asked: Search,
    rows: Iterable[Version],
    along: Iterable[Object],
    *,
    total: int | None = None,
    place: str = "",
    notes: Iterable[Issue] = (),
) -> Answer:
    matched = (rendering.only(rendering.resource(version), asked.elements) for version in rows)
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


def _links(call: Call, asked: Search, place: str) -> list[tuple[str, str]]:
    """This page, and the next. What was posted stands in neither."""
    url = f"{call.base}/{call.type}"
    said = "" if call.posted or asked.place else urlencode(asked.used)
    links = [("self", f"{url}?{said}" if said else url)]
    if place:
        text = cursors.seal(call.actor, call.type, cursors.Cursor(parameters=asked.used, place=place))
        links.append(("next", f"{url}?{urlencode({'_cursor': text})}"))
    return links
