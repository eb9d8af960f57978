"""What a page shows of a row of the board: words and addresses for what the service found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from agencies.web.places import Place
from fhir.content.catalog import help_called
from referrals.board import BoardRow, Pile
from referrals.models import Priority
from referrals.workflow import Side

PRIORITIES: Mapping[str, Promise] = MappingProxyType(
    {
        Priority.STAT.value: _("emergency"),
        Priority.ASAP.value: _("as soon as possible"),
        Priority.URGENT.value: _("urgent"),
        Priority.ROUTINE.value: _("routine"),
    }
)
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
    priority: Promise
    icon: str
    label: str
    reason: str
    accepts: bool


def shown(rows: Iterable[BoardRow], places: Sequence[Place]) -> Iterator[Shown]:
    """The rows with the place of each, in their order."""
    by_membership = {place.actor.membership_id: place for place in places}
    for row in rows:
        task = row.task
        ours = task.side is Side.OWNER
        yield Shown(
            row=row,
            place=by_membership[row.actor.membership_id],
            asks=gettext(help_called(row.service_type) or "Help, kind not named"),
            phone="" if ours else task.owner_phone,
            priority=PRIORITIES[row.priority],
            icon=ICONS.get(row.priority, ""),
            label=gettext(task.label),
            reason=gettext(task.reason_text) if task.reason_text else "",
            accepts="accept" in task.steps,
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


def tabs(piles: Mapping[str, Pile], numbers: Mapping[str, int], current: Pile) -> list[dict[str, Any]]:
    """The headings of the board with their numbers; what is closed is not counted aloud."""
    return [
        {
            "name": pile.name,
            "label": gettext(pile.label),
            "number": None if pile.newest else numbers[pile.name],
            "current": pile is current,
        }
        for pile in piles.values()
    ]
