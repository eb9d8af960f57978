"""What ``manage.py legal`` prints for a person; JSON is made by ``referrals.shelltext``."""

from typing import Any

from referrals import lines

from .shown import OpenReport


def as_text(value: Any) -> str:
    """A report on a line with its letter below, everything else as any command prints it."""
    if isinstance(value, OpenReport):
        return f"{lines.line(value.report)}\n\n{value.text}"
    return lines.as_text(value)
