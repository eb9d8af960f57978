"""``manage.py accounting``: who was told what about a client. A thin door, as ``manage.py referral`` is."""

import argparse
from collections.abc import Callable, Mapping
from typing import ClassVar

from agencies.actor import Actor
from fhir.content import exact
from referrals.jobs import Job, JobCommand, clock, day, here, uuid
from referrals.lines import as_text
from referrals.receipts import accounting
from referrals.receipts.accounting import Accounting

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
        referrals=[accounting.find_referral(actor, spoken) for spoken in given.referral],
        client=given.client,
        since=given.since,
        until=given.until,
        for_client=not given.whole,
    )
    return FORMATS[given.format](actor, report)


def _intermediary(actor: Actor, given: argparse.Namespace) -> object:
    ids = [accounting.find_referral(actor, spoken) for spoken in given.referral]
    return FORMATS[given.format](actor, accounting.intermediary_list(actor, referrals=ids, client=given.client))


def _suspend_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("disclosure", type=uuid, metavar="ID", help="the row's id, as `report --whole` shows it")
    job.add_argument("--until", required=True, type=clock, metavar="TIME", help="until when")
    job.add_argument("--written", action="store_true", help="the police asked in writing; else 30 days at most")


def _suspend(actor: Actor, given: argparse.Namespace) -> object:
    until = here(actor, given.until)
    accounting.suspend(actor, given.disclosure, until=until, written=given.written)
    return f"Kept from the client until {until.isoformat(timespec='minutes')}; it comes back by itself."


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
