"""``manage.py accounting``: who was told what about a client. A thin door, as ``manage.py referral`` is."""

import argparse
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from agencies.actor import Actor
from agencies.models import Agency
from fhir.content import exact
from fhir.content.issues import error
from referrals.errors import Invalid, NotFound
from referrals.jobs import Job, JobCommand, uuid
from referrals.models import Participation
from referrals.receipts import accounting
from referrals.receipts.accounting import Accounting
from referrals.reference import read_reference
from referrals.signing.shelltext import as_text, day

FORMATS: Mapping[str, Callable[[Actor, Accounting], object]] = {
    "text": accounting.in_words,
    "csv": accounting.as_csv,
    "fhir": lambda _actor, report: exact.dump(accounting.as_fhir(report)).decode(),
}


def _about(job: argparse.ArgumentParser) -> None:
    job.add_argument("referral", nargs="*", metavar="REFERRAL", help="its reference number or id; several may be named")
    job.add_argument("--client", type=uuid, metavar="ID", help="all referrals of this client of yours")
    job.add_argument("--format", choices=list(FORMATS), default="text")


def _report_arguments(job: argparse.ArgumentParser) -> None:
    _about(job)
    job.add_argument("--since", type=day, metavar="DAY")
    job.add_argument("--until", type=day, metavar="DAY", help="the last day; it counts whole")
    job.add_argument("--whole", action="store_true", help="with what is kept from the client; for the privacy officer")


def _report(actor: Actor, given: argparse.Namespace) -> object:
    report = accounting.accounting(
        actor,
        referrals=[_id(actor, spoken) for spoken in given.referral],
        client=given.client,
        since=given.since,
        until=given.until,
        for_client=not given.whole,
    )
    return FORMATS[given.format](actor, report)


def _intermediary(actor: Actor, given: argparse.Namespace) -> object:
    ids = [_id(actor, spoken) for spoken in given.referral]
    return FORMATS[given.format](actor, accounting.intermediary_list(actor, referrals=ids, client=given.client))


def _suspend_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("disclosure", type=uuid, metavar="ID", help="the row's id, as `report --whole` shows it")
    job.add_argument("--until", required=True, type=_time, metavar="TIME", help="until when")
    job.add_argument("--written", action="store_true", help="the police asked in writing; else 30 days at most")


def _suspend(actor: Actor, given: argparse.Namespace) -> object:
    until = given.until
    if until.tzinfo is None:
        zone = Agency.objects.values_list("time_zone", flat=True).get(pk=actor.agency_id)
        until = until.replace(tzinfo=ZoneInfo(zone))
    accounting.suspend(actor, given.disclosure, until=until, written=given.written)
    return f"Kept from the client until {until.isoformat(timespec='minutes')}; it comes back by itself."


def _id(actor: Actor, spoken: str) -> UUID:
    """A referral of the agency's by its number: whoever accounts for it need have no worklist to find it by.

    Raises ``NotFound``, absent and foreign alike.
    """
    number = read_reference(spoken)
    if number is None:
        return _typed(spoken)
    places = Participation.objects.filter(agency_id=actor.agency_id, referral__reference=number)
    found = places.values_list("referral_id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def _typed(spoken: str) -> UUID:
    try:
        return uuid(spoken)
    except argparse.ArgumentTypeError as problem:
        raise Invalid([error("value", "referral", str(problem))]) from None


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a time such as 2026-12-04T17:00 or 2026-12-04T17:00-05:00") from None


class Command(JobCommand):
    """Who was told what about a client, and what is kept from them for a while."""

    help = "Who was told what about a client, and what is kept from them for a while."

    def as_text(self, value: object) -> str:
        return as_text(value)

    jobs: ClassVar[Mapping[str, Job]] = {
        "report": ("what your agency gave out: text, CSV or FHIR", _report_arguments, _report),
        "intermediary": ("to whom it went by a class of recipients (42 CFR 2.24)", _about, _intermediary),
        "suspend": ("keep one disclosure to the police from the client for a while", _suspend_arguments, _suspend),
    }
