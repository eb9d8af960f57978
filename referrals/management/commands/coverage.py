"""``manage.py coverage``: who covers whom. A thin door, as ``manage.py referral`` is, for agencies' administrators."""

import argparse
from collections.abc import Mapping
from datetime import time
from typing import ClassVar
from uuid import UUID

from django.core.exceptions import ValidationError

from agencies.actor import Actor
from agencies.coverage import services
from agencies.coverage.models import Coverage
from agencies.coverage.services import Hours
from agencies.hours import ALL_DAYS
from agencies.models import Agency
from agencies.services import agency_called
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.jobs import Job, JobCommand, day, nothing, uuid
from referrals.lines import as_text
from referrals.services import recording

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekdays(text: str) -> int:
    """Weekdays as bits from Monday on, from ``mon,tue``. Raises ``ValueError``, which argparse says."""
    return sum({1 << WEEKDAYS.index(name) for name in text.lower().split(",")})


def _enter_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("covering", metavar="AGENCY", help="who covers yours")
    job.add_argument("--begins", type=time.fromisoformat, required=True, metavar="20:00", help="by your agency's clock")
    job.add_argument("--ends", type=time.fromisoformat, required=True, metavar="06:00", help="earlier: over midnight")
    job.add_argument("--days", type=weekdays, default=ALL_DAYS, metavar="LIST", help=f"{','.join(WEEKDAYS)}")
    job.add_argument("--since", type=day, required=True, metavar="YYYY-MM-DD", help="the first day it begins on")
    job.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="the last one; else until it is ended")
    job.add_argument("--agreement", default="", metavar="TITLE", help="it rests on; needed where there are several")


def _enter(actor: Actor, given: argparse.Namespace) -> object:
    other = agency_called(given.covering)
    hours = Hours(days=given.days, begins=given.begins, ends=given.ends, since=given.since, until=given.until)
    paper = _agreement(actor, other, given.agreement)
    try:
        row = services.enter(actor, covering_id=other.pk, agreement_id=paper, hours=hours)
    except ValidationError as wrong:
        raise _invalid(wrong) from None
    return f"{row.pk}  entered; nothing goes to {other.slug} before it confirms"


def _agreement(actor: Actor, other: Agency, title: str) -> UUID:
    """The agreement named, or the only one. Raises ``Invalid`` naming those there are."""
    with recording.refusals(actor, "coverage.enter"):
        mine = Agency.objects.get(pk=actor.agency_id)
        papers = {each.agreement.title: each.agreement.pk for each in services.choices(mine) if each.covering == other}
        if title in papers:
            return papers[title]
        if title or len(papers) != 1:
            raise Invalid([error("value", "agreement", f"must be one of: {', '.join(papers) or 'none in force'}")])
        return next(iter(papers.values()))


def _invalid(wrong: ValidationError) -> Invalid:
    found = wrong.message_dict if hasattr(wrong, "error_dict") else {"coverage": wrong.messages}
    return Invalid([error("value", name, " ".join(texts)) for name, texts in found.items()])


def _one(job: argparse.ArgumentParser) -> None:
    job.add_argument("coverage", type=uuid, metavar="ID", help="its id, as `list` shows it")


def _confirm(actor: Actor, given: argparse.Namespace) -> object:
    try:
        services.confirm(actor, given.coverage)
    except ValidationError as wrong:
        raise _invalid(wrong) from None
    return "Confirmed."


def _end(actor: Actor, given: argparse.Namespace) -> object:
    services.end(actor, given.coverage)
    return "It has ended."


def _list(actor: Actor, given: argparse.Namespace) -> object:  # noqa: ARG001  # every job is given its arguments
    return "\n".join(map(_line, services.listed(actor))) or "Nobody covers anybody."


def _line(row: Coverage) -> str:
    stands = "confirmed" if row.confirmed_at else "not confirmed"
    days = ",".join(name for at, name in enumerate(WEEKDAYS) if row.days >> at & 1)
    dates = f"{row.since} to {row.until}" if row.until else f"from {row.since} on"
    hours = f"{row.begins:%H:%M}-{row.ends:%H:%M} {row.time_zone}"
    return f"{row.pk}  {row.covering.slug} covers {row.covered.slug}  {days} {hours}  {dates}  {stands}"


class Command(JobCommand):
    """Enter, confirm, end and list who covers whom."""

    help = "Enter, confirm, end and list who covers whom."

    def as_text(self, value: object) -> str:
        """Each job says itself what it did."""
        return as_text(value)

    jobs: ClassVar[Mapping[str, Job]] = {
        "enter": ("another agency covers yours, once it confirms", _enter_arguments, _enter),
        "confirm": ("take it on, as the agency that is to cover", _one, _confirm),
        "end": ("end it at once, as one of the two", _one, _end),
        "list": ("who covers your agency, and whom it covers", nothing, _list),
    }
