"""Values as lines for a person, whatever they are: what the smaller commands print. Nothing here knows a referral."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

NOTHING = "–"


def as_text(value: Any) -> str:
    """Words as they are, one value on lines of its own, a list on one line each."""
    if isinstance(value, str):
        return value
    if is_dataclass(value):
        return "\n".join(_lines(value))
    return "\n".join(map(line, value)) or "Nothing here."


def line(row: Any) -> str:
    """One value on one line, without what is not said."""
    return "  ".join(f"{name}={said}" for name, value in _named(row) if (said := _word(value)) != NOTHING)


def time_in_words(at: datetime) -> str:
    """A time as every command prints it: in UTC, and the Z says so."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def _lines(value: Any) -> Iterator[str]:
    for name, found in _named(value):
        if isinstance(found, tuple) and found and is_dataclass(found[0]):
            yield f"{name}:"
            yield from (f"  {line(each)}" for each in found)
        else:
            yield f"{name}: {_word(found)}"


def _named(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return [(field.name, getattr(value, field.name)) for field in fields(value)]


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return time_in_words(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or NOTHING
    if is_dataclass(value):
        return line(value)
    return NOTHING if value in (None, "") else str(value)
