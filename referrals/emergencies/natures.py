"""What an emergency is, as one tap; and the clocks that run from it. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum


class Nature(StrEnum):
    """The nature of a medical emergency (42 CFR 2.51(c)), for a person who has no hand free."""

    OVERDOSE = "overdose"
    UNRESPONSIVE = "unresponsive"
    SEIZURE = "seizure"
    WITHDRAWAL = "withdrawal"
    SUICIDE_ATTEMPT = "suicide-attempt"
    INJURY = "injury"
    PSYCHIATRIC = "psychiatric"
    OTHER = "other"


WORDS_WITHIN = timedelta(hours=1)
REVIEW_WITHIN = 2  # business days
SATURDAY = 5


def documented_by(opened: datetime) -> datetime:
    """When the missing words are due."""
    return opened + WORDS_WITHIN


def reviewed_by(opened: datetime) -> datetime:
    """When a second person must have looked: the same hour two business days on. Holidays count as days.

    ``opened`` is in the zone of whose business days they are: Friday evening there is Saturday in UTC.
    """
    due, left = opened, REVIEW_WITHIN
    while left:
        due += timedelta(days=1)
        left -= due.weekday() < SATURDAY
    return due
