"""Days as people count them: an agreement opens, and an age is reckoned, by the calendar on the agency's own wall."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from .models import Agency


def local_day(agency: Agency, at: datetime) -> date:
    """The day it is at ``at`` where the agency is."""
    return at.astimezone(ZoneInfo(agency.time_zone)).date()
