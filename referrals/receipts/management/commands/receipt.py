"""``manage.py receipt``: slips of the receipt book. A thin door, as ``manage.py referral`` is."""

import argparse
from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings

from agencies.actor import Actor
from referrals import listing
from referrals.jobs import Job, JobCommand, referral_argument, uuid
from referrals.lines import as_text
from referrals.receipts import slips
from referrals.signing.shelltext import days


def _make_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    safe = job.add_mutually_exclusive_group(required=True)
    safe.add_argument("--safe-to-message", action="store_true", help="the client said that a message is safe")
    safe.add_argument("--not-safe", action="store_true", help="nothing is ever sent: hand it over")
    job.add_argument("--days", type=days, default=slips.LASTS, metavar="N", help="how long it is good")
    job.add_argument(
        "--site", default=settings.BHU_BASE_URL, metavar="ADDRESS", help="what the address on it begins with"
    )
    job.add_argument("--language", default="en", help="of the slip: en, es")


def _make(actor: Actor, given: argparse.Namespace) -> object:
    made = slips.make_slip(
        actor,
        listing.find_referral(actor, given.referral),
        safe_to_message=given.safe_to_message,
        lasts=given.days,
    )
    return made.text(site=given.site, language=given.language)


def _slip(job: argparse.ArgumentParser) -> None:
    job.add_argument("slip", type=uuid, metavar="ID")


def _renew_arguments(job: argparse.ArgumentParser) -> None:
    _slip(job)
    job.add_argument("--days", type=days, default=slips.LASTS, metavar="N", help="from today on")


def _renew(actor: Actor, given: argparse.Namespace) -> object:
    return f"Good until {slips.renew(actor, given.slip, lasts=given.days).isoformat()}"


def _end(actor: Actor, given: argparse.Namespace) -> object:
    slips.end(actor, given.slip)
    return "It opens nothing any more."


def _list(actor: Actor, given: argparse.Namespace) -> object:
    return slips.of_referral(actor, listing.find_referral(actor, given.referral))


class Command(JobCommand):
    """Make, renew, end and list slips of the receipt book."""

    help = "Make, renew, end and list slips of the receipt book."

    def as_text(self, value: object) -> str:
        return as_text(value)

    jobs: ClassVar[Mapping[str, Job]] = {
        "make": ("a slip with a code and a PIN, to hand over", _make_arguments, _make),
        "renew": ("let a slip be good for longer", _renew_arguments, _renew),
        "end": ("a slip was lost: it opens nothing any more", _slip, _end),
        "list": ("the slips of a referral that are good today", referral_argument, _list),
    }
