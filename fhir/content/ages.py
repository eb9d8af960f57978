"""How old somebody of a FHIR date of birth is, which may be a year or a month alone. Pure."""

from calendar import monthrange
from datetime import date


def ages(born: str, *, on: date) -> tuple[int, int] | None:
    """The youngest and the oldest, in whole years, that they may be on a day; ``None`` for what is no such date."""
    try:
        year, month, day = (*map(int, born.split("-")), 0, 0)[:3]
        first = date(year, month or 1, day or 1)
        last = date(year, month or 12, day or monthrange(year, month or 12)[1])
    except ValueError:
        return None
    youngest, oldest = _age(last, on), _age(first, on)
    return (max(youngest, 0), oldest) if oldest >= 0 else None


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
