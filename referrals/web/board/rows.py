"""What a page shows of a row of the board: words and addresses for what the service found."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, ngettext

from agencies.web.places import Place
from referrals.acts.stepping import steps_for
from referrals.board import BoardRow, Key, Pile
from referrals.web import words
from referrals.workflow import Side

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
KEY = re.compile(r"(?P<rank>[0-9])\.(?P<at>[0-9]{1,16})\.(?P<task>[0-9a-f]{32})")
ICONS: Mapping[str, str] = MappingProxyType(
    {"stat": "bolt", "asap": "exclamation-triangle", "urgent": "exclamation-triangle"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One row as the page needs it. ``place`` is whose row it is; "" for ``phone`` if there is nobody to call."""

    row: BoardRow
    place: Place
    asks: str
    phone: str
    priority: str
    icon: str
    label: str
    reason: str
    accepts: bool
    declines: bool


def shown(rows: Iterable[BoardRow], places: Sequence[Place]) -> Iterator[Shown]:
    """The rows with the place of each, in their order."""
    by_membership = {place.actor.membership_id: place for place in places}
    for row in rows:
        task = row.task
        steps = {step.name for step in steps_for(row.actor, task)}
        ours = task.side is Side.OWNER
        yield Shown(
            row=row,
            place=by_membership[row.actor.membership_id],
            asks=words.service(row.service_type),
            phone="" if ours else task.owner_phone,
            priority=words.priority(row.priority),
            icon=ICONS.get(row.priority, ""),
            label=gettext(task.label),
            reason=gettext(task.reason_text) if task.reason_text else "",
            accepts="accept" in steps,
            declines="reject" in steps,
        )


def ago(since: datetime, now: datetime) -> str:
    """How long something has waited, coarsely: "12 min", "5 hr", "3 days"."""
    passed = max(now - since, timedelta(0))
    if passed < timedelta(hours=1):
        return gettext("%(n)d min") % {"n": passed // timedelta(minutes=1)}
    if passed < timedelta(hours=48):
        return gettext("%(n)d hr") % {"n": passed // timedelta(hours=1)}
    days = passed // timedelta(days=1)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def text_of(key: Key) -> str:
    """The key of a row as it stands in an address: urgency, microseconds since 1970, the task's id."""
    return f"{key.rank}.{(key.at - FIRST) // timedelta(microseconds=1)}.{key.task_id.hex}"


def key_of(text: str) -> Key | None:
    """The key that an address names; ``None`` for anything else, which begins at the first row."""
    found = KEY.fullmatch(text)
    if found is None:
        return None
    at = FIRST + timedelta(microseconds=int(found["at"]))
    return Key(int(found["rank"]), at, UUID(found["task"]))


def tabs(piles: Iterable[Pile], numbers: Mapping[str, int], current: Pile) -> list[dict[str, Any]]:
    """The headings of the board with their numbers; what is over has none."""
    return [
        {
            "name": pile.name,
            "label": gettext(pile.label),
            "number": numbers.get(pile.name),
            "current": pile is current,
        }
        for pile in piles
    ]
