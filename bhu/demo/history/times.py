"""When things happen: which days and hours are busy, and when an office answers. Pure; local time of the county."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from .dealing import quotas

ZONE = ZoneInfo("America/New_York")
HOLIDAYS = (12, 1)
BUSIER = 1.12
"""How many times as much there is in the months of ``HOLIDAYS``."""

ANY, NIGHTS, OFFICE = "any", "nights", "office"
WEEK: Mapping[str, Sequence[float]] = {
    ANY: (1.1, 1.1, 1.1, 1.1, 1.1, 0.75, 0.75),
    NIGHTS: (0.7, 0.7, 0.7, 0.8, 1.8, 2.1, 0.9),
    OFFICE: (1.2, 1.1, 1, 1, 0.9, 0.02, 0),
}
"""How busy Monday to Sunday are."""
HOURS: Mapping[str, Sequence[float]] = {
    ANY: (2, 1, 1, 1, 1, 1, 2, 3, 5, 7, 10, 11, 11, 11, 12, 12, 11, 10, 8, 6, 5, 4, 4, 3),
    NIGHTS: (11, 9, 7, 4, 2, 1, 1, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 6, 7, 8, 9, 11, 12, 12),
    OFFICE: (0, 0, 0, 0, 0, 0, 0, 0, 4, 9, 12, 12, 7, 10, 11, 10, 8, 3, 0, 0, 0, 0, 0, 0),
}
"""How busy the hours from midnight are."""
OPENS, CLOSES = time(8, 15), time(17, 30)
SATURDAY = 5


def moments(kinds: Sequence[str], chance: Random, *, now: datetime, days: int) -> list[datetime]:
    """A moment for each kind of thing, in the ``days`` before ``now``: as many in each month as its days are busy."""
    first = now.astimezone(ZONE).date() - timedelta(days=days)
    calendar = [first + timedelta(days=number) for number in range(days)]
    found = dict.fromkeys(range(len(kinds)), now)
    for kind in dict.fromkeys(kinds):
        places = [place for place, each in enumerate(kinds) if each == kind]
        for place, day in zip(places, _days(WEEK[kind], calendar, len(places), chance), strict=True):
            (hour,) = chance.choices(range(24), HOURS[kind])
            local = datetime.combine(day, time(hour, chance.randrange(60), chance.randrange(60)), ZONE)
            found[place] = local.astimezone(now.tzinfo)
    return list(found.values())


def _days(week: Sequence[float], calendar: Sequence[date], count: int, chance: Random) -> list[date]:
    """``count`` days, in no order."""
    busy = {day: week[day.weekday()] * (BUSIER if day.month in HOLIDAYS else 1) for day in calendar}
    months: dict[tuple[int, int], list[date]] = {}
    for day in calendar:
        months.setdefault((day.year, day.month), []).append(day)
    found: list[date] = []
    for month, many in quotas({month: sum(map(busy.__getitem__, its)) for month, its in months.items()}, count).items():
        found += chance.choices(months[month], [busy[day] for day in months[month]], k=many)
    chance.shuffle(found)
    return found


def opening(at: datetime) -> datetime:
    """``at``, or when an office next opens after it."""
    local = at.astimezone(ZONE)
    if local.weekday() < SATURDAY and OPENS <= local.time() < CLOSES:
        return at
    day = local.date() + timedelta(days=local.time() >= OPENS)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, ZONE).astimezone(at.tzinfo)


def around(middle: float, chance: Random, *, spread: float = 0.7, least: float = 0.05) -> float:
    """A length whose median is ``middle``: half are shorter, and some are much longer."""
    return max(least * middle, min(middle * chance.lognormvariate(0, spread), 8 * middle))
