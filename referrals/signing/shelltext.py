"""What the commands about consents, accountings and slips print, and how they read spans and lists of words."""

import argparse
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any

from referrals.shelltext import time_in_words

NOTHING = "–"


def as_text(value: Any) -> str:
    """Lines for a person: words as they are, one value on lines of its own, a list on one line each."""
    if isinstance(value, str):
        return value
    if is_dataclass(value):
        return "\n".join(_lines(value))
    return "\n".join(map(_line, value)) or "Nothing here."


def _lines(value: Any) -> Iterable[str]:
    for field in fields(value):
        found = getattr(value, field.name)
        if isinstance(found, tuple) and found and is_dataclass(found[0]):
            yield f"{field.name}:"
            yield from (f"  {_line(each)}" for each in found)
        else:
            yield f"{field.name}: {_word(found)}"


def _line(row: Any) -> str:
    named = {field.name: getattr(row, field.name) for field in fields(row)}
    return "  ".join(f"{name}={word}" for name, value in named.items() if (word := _word(value)) != NOTHING)


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return time_in_words(value)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or NOTHING
    return NOTHING if value in (None, "") else str(value)


def days(text: str) -> timedelta:
    """A number of days as typed."""
    return timedelta(days=_whole(text, "days"))


def hours(text: str) -> timedelta:
    """A number of hours as typed."""
    return timedelta(hours=_whole(text, "hours"))


def _whole(text: str, of: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 6):
        raise argparse.ArgumentTypeError(f"must be a number of {of}")
    return int(text)


def listed(text: str) -> frozenset[str]:
    """The words of a comma-separated list."""
    return frozenset(word.strip() for word in text.split(",") if word.strip())
