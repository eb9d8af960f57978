"""``manage.py retention``: keeping and deleting, from a shell. A thin door, as ``manage.py referral`` is.

After exit code 1 the same command again goes on where it stopped: a referral is whole, or deleted and certified.
"""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from agencies.actor import Actor
from fhir.content.issues import error
from referrals import listing as worklists
from referrals.errors import Invalid
from referrals.jobs import Job, JobCommand, day, referral_argument, uuid
from referrals.retention import shown
from referrals.retention.models import HoldKind
from referrals.retention.schedule import Category, Period, Scope
from referrals.retention.services import exporting, holds, listing, schedules, shredding
from referrals.retention.services.offices import find_referral


def _due_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("--on", type=day, metavar="YYYY-MM-DD", help="what would be due on that day; else today")
    _ages(job)


def _due(actor: Actor, given: argparse.Namespace) -> object:
    return listing.due_list(actor, at=given.on, born=_born(actor, given))


def _approve_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("category", choices=[*map(str, Category)], metavar="CATEGORY", help=", ".join(Category))
    job.add_argument("--authority", required=True, metavar="TEXT", help="the schedule or law that says so")
    period = job.add_mutually_exclusive_group()
    period.add_argument("--years", type=int, default=0, help="kept for so many years; else the default period")
    period.add_argument("--days", type=int, default=0, help="kept for so many days")


def _approve(actor: Actor, given: argparse.Namespace) -> object:
    period = None
    if given.years or given.days:
        try:
            period = Period(years=given.years, days=given.days)
        except ValueError as wrong:
            raise Invalid([error("value", "period", str(wrong))]) from None
    category = Category(given.category)
    row = schedules.approve_schedule(actor, category=category, authority=given.authority, period=period)
    return shown.schedule(row)


def _hold_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("kind", choices=[*map(str, HoldKind)], metavar="KIND", help=", ".join(HoldKind))
    job.add_argument("--case", required=True, metavar="NUMBER", help="the case's number; only a hash of it is kept")
    job.add_argument("--referral", metavar="REFERRAL", help="hold this referral")
    job.add_argument("--client", type=uuid, metavar="ID", help="hold what is of this client of the agency's own")
    job.add_argument("--whole-agency", action="store_true", help="hold everything the agency takes part in")
    job.add_argument("--first", type=day, metavar="YYYY-MM-DD", help="hold what falls into a period: its first day")
    job.add_argument("--last", type=day, metavar="YYYY-MM-DD", help="and its last day")


def _hold(actor: Actor, given: argparse.Namespace) -> object:
    placed = holds.place_hold(
        actor,
        kind=HoldKind(given.kind),
        case=given.case,
        scope=_scope(given),
        referral_id=find_referral(actor, given.referral) if given.referral else None,
        client_id=given.client,
        first=given.first,
        last=given.last,
    )
    return shown.hold(placed)


def _scope(given: argparse.Namespace) -> Scope:
    """The one scope that was named. Raises ``Invalid`` for none or several."""
    named = {
        Scope.REFERRAL: given.referral,
        Scope.CLIENT: given.client,
        Scope.AGENCY: given.whole_agency,
        Scope.PERIOD: given.first or given.last,
    }
    chosen = [scope for scope, value in named.items() if value]
    if len(chosen) != 1:
        text = "name one of: --referral, --client, --whole-agency, or --first and --last"
        raise Invalid([error("value", "scope", text)])
    return chosen[0]


def _lift_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("hold", type=uuid, metavar="HOLD", help="the hold's id, as `due` shows it")


def _lift(actor: Actor, given: argparse.Namespace) -> object:
    return shown.hold(holds.lift_hold(actor, hold_id=given.hold))


def _export_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("file", metavar="FILE", help="a new file, readable by you alone; put it into your own archive")


def _export(actor: Actor, given: argparse.Namespace) -> object:
    referral_id, path = worklists.find_referral(actor, given.referral), Path(given.file)
    return exporting.export(actor, referral_id=referral_id, write=lambda data: _write(path, data))


def _write(path: Path, data: bytes) -> None:
    """Keep ``data`` in a new file, on the disk when this returns. Raises ``Invalid`` if that can't be."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123  by number
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise Invalid([error("exception", "", f"The file cannot be written: {problem.strerror}.")]) from None


def _shred_arguments(job: argparse.ArgumentParser) -> None:
    referral_argument(job)
    job.add_argument("--sha256", default="", metavar="HEX", help="the SHA-256 of the agency's own export")
    job.add_argument("--born", type=_year, metavar="YEAR", help="the client's birth year, if it is known")


def _shred(actor: Actor, given: argparse.Namespace) -> object:
    referral_id = find_referral(actor, given.referral)
    done = shredding.shred(actor, referral_id=referral_id, digest=given.sha256.lower(), born=given.born)
    return shown.certificate(done)


def _certificate(actor: Actor, given: argparse.Namespace) -> object:
    found = shredding.certificate_of(actor, referral_id=find_referral(actor, given.referral))
    return shown.certificate(found)


def _purge(actor: Actor, given: argparse.Namespace) -> object:
    return shown.run(shredding.purge_own(actor, born=_born(actor, given)))


def _ages(job: argparse.ArgumentParser) -> None:
    told = "REFERRAL=YEAR"
    job.add_argument("--born", action="append", default=[], metavar=told, help="a client's birth year; may repeat")


def _born(actor: Actor, given: argparse.Namespace) -> dict[UUID, int]:
    """The birth years that were told. Raises ``Invalid``, and ``NotFound`` for a referral that is not there."""
    found = {}
    for told in given.born:
        referral, _, year = told.partition("=")
        try:
            found[find_referral(actor, referral)] = _year(year)
        except argparse.ArgumentTypeError as wrong:
            raise Invalid([error("value", "born", str(wrong))]) from None
    return found


def _year(text: str) -> int:
    if not (len(text) == 4 and text.isascii() and text.isdigit() and text >= "1900"):
        raise argparse.ArgumentTypeError("must be a year such as 2007")
    return int(text)


class Command(JobCommand):
    """Approve a schedule, hold, export and delete as one person of one agency."""

    help = "Say what is due, approve, hold, export and delete under an agency's retention schedule."

    def as_text(self, value: Any) -> str:
        return shown.as_text(value)

    jobs: ClassVar[Mapping[str, Job]] = {
        "due": ("the schedule, the holds, and what is due", _due_arguments, _due),
        "approve": ("approve how long something is kept, in your office", _approve_arguments, _approve),
        "hold": ("keep something whatever the schedule says", _hold_arguments, _hold),
        "lift": ("end a hold", _lift_arguments, _lift),
        "export": ("take out your agency's own record of a referral", _export_arguments, _export),
        "shred": ("delete a referral that is due, for good", _shred_arguments, _shred),
        "certificate": ("show what was deleted, by whose authority", referral_argument, _certificate),
        "purge": ("delete all that is due, exported and not held", _ages, _purge),
    }
