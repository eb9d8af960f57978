"""What ``manage.py legal`` prints for a person; JSON is made by ``referrals.shelltext``."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from referrals.shelltext import time_in_words

from .shown import OpenReport


def as_text(value: Any) -> str:
    """Lines for a person: a letter as it is, one value on lines of its own, a list on one line each."""
    if isinstance(value, str):
        return value
    if isinstance(value, OpenReport):
        return f"{_line(value.report)}\n\n{value.text}"
    if is_dataclass(value):
        return "\n".join(f"{field.name}: {_word(getattr(value, field.name))}" for field in fields(value))
    return "\n".join(_line(row) for row in value) or "Nothing here."


def _line(row: Any) -> str:
    named = row if isinstance(row, Mapping) else {field.name: getattr(row, field.name) for field in fields(row)}
    return "  ".join(f"{name}={word}" for name, value in named.items() if (word := _word(value)) != "–")


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return time_in_words(value)
    if isinstance(value, tuple):
        return ", ".join(value) or "–"
    if is_dataclass(value):
        return _line(value)
    return "–" if value in (None, "") else str(value)
