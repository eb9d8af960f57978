"""Tasks and requests, listed by columns: nothing is unsealed."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from fhir.content.exact import Object
from referrals import finding
from referrals.services.columns import RequestRow, TaskRow
from referrals.services.versions import Version

from . import asking, directory, rendering
from .asking import Search
from .calls import Answer, Call
from .pages import page
from .reading import covers

Rows = list[Version]
Found = tuple[Rows, list[Object], str]
"""A page's rows, what comes along with them, and the place after it, "" at the end."""


def listed(call: Call, asked: Search) -> Answer:
    """One page of a list."""
    if asked.only_count:
        return page(call, asked, [], total=COUNT[call.type](call, asked))
    total = COUNT[call.type](call, asked) if asked.total else None
    rows, along, place = PAGE[call.type](call, asked)
    return page(call, asked, map(rendering.resource, rows), along, total=total, place=place)


def _tasks(call: Call, asked: Search) -> Found:
    after = _mark(asked.place)
    found = finding.tasks(call.actor, asking.task_query(asked), after=after, size=asked.count + 1, rising=asked.rising)
    rows = found[: asked.count]
    versions = list(map(_version_of, rows))
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
    shown = list(rows)
    wanted = {each.partition(":")[2] for each in asked.includes}
    found = list(map(rendering.resource, _through_focus(call, shown))) if "focus" in wanted else []
    if wanted & {"owner", "requester"} and covers(call.let_in, "Organization"):
        agencies = {id_ for row in shown for id_ in _agencies(row, wanted)}
        found += directory.ROWS["Organization"](call, agencies)
    return found


def _through_focus(call: Call, shown: list[TaskRow | RequestRow]) -> Rows:
    """The requests of listed tasks, or the tasks of listed requests that the caller's agency is a side of."""
    ids = frozenset(row.referral_id if isinstance(row, TaskRow) else row.id for row in shown)
    if call.type == "Task":
        return _versions(finding.requests_of(call.actor, ids)) if covers(call.let_in, "ServiceRequest") else []
    return list(map(_version_of, finding.tasks_of(call.actor, ids))) if covers(call.let_in, "Task") else []


def _version_of(row: TaskRow) -> Version:
    return Version(type="Task", id=row.shown.id, number=row.shown.version, at=row.shown.changed_at, row=row)


def _agencies(row: TaskRow | RequestRow, wanted: set[str]) -> list[UUID]:
    if isinstance(row, RequestRow):
        return [row.sender_id] if row.sender_id else []
    sides = {"owner": row.owner_id, "requester": row.requester_id}
    return [id_ for side, id_ in sides.items() if side in wanted]
