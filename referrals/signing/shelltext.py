"""How the commands about consents, accountings and slips read spans and lists of words."""

import argparse
from datetime import timedelta


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
