"""``manage.py retention``: keeping and deleting, from a shell. A thin door: arguments in, one call, text or JSON out.

Exit code 0: done. 1: the database is full, away or too slow; the same again goes on where it stopped. 2: refused. The
reason goes to stderr, or with --json to stdout as an OperationOutcome.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseProblem

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.services import actor_for, membership_of
from audit.door import opened
from fhir.content.issues import error
from referrals import listing as worklists
from referrals import shelltext
from referrals.errors import Invalid, Refused, Unavailable
from referrals.retention import shown
from referrals.retention.models import HoldKind
from referrals.retention.schedule import Category, Period, Scope
from referrals.retention.services import exporting, holds, listing, schedules, shredding
from referrals.retention.services.offices import find_referral
from referrals.services import recording

UNAVAILABLE, REFUSED = 1, 2


class Command(BaseCommand):
    """Approve a schedule, hold, export and delete as one person of one agency."""

    help = "Say what is due, approve, hold, export and delete under an agency's retention schedule."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        jobs = parser.add_subparsers(dest="job", required=True, metavar="JOB")
        for name, (about, add, _run) in JOBS.items():
            job = jobs.add_parser(name, help=about)
            job.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="who acts")
            job.add_argument("--from", dest="agency", metavar="AGENCY", help="for which agency, if they have several")
            job.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
            add(job)

    def handle(self, **options: Any) -> None:
        as_json = bool(options["json"])
        with opened(door="cli"):
            try:
                done = _done(options)
            except (Refused, AgencyError) as refusal:
                self._refuse(refusal, as_json=as_json)
            except DatabaseProblem as problem:
                self._refuse(Unavailable(problem), as_json=as_json)
        self.stdout.write(shown.json_of(done) if as_json else shown.text_of(done))

    def _refuse(self, refusal: Refused | AgencyError, *, as_json: bool) -> NoReturn:
        code = UNAVAILABLE if isinstance(refusal, Unavailable) else REFUSED
        if as_json:
            self.stdout.write(shelltext.as_json(shelltext.outcome(refusal, source=None)))
            sys.exit(code)
        raise CommandError(shelltext.sentence(refusal, source=None), returncode=code)


def _done(options: Mapping[str, Any]) -> object:
    """Do the job as the person named. Raises what refuses it, and records whom it does not know."""
    _require_text(options)
    try:
        actor = actor_for(membership_of(email=options["email"], agency=options["agency"]))
    except AgencyError as stranger:
        recording.refuse_stranger("door.refuse", code=stranger.code)
        raise
    return JOBS[options["job"]][2](actor, argparse.Namespace(**options))


def _require_text(options: Mapping[str, Any]) -> None:
    """A shell hands over any bytes, but only text is kept and compared. Raises ``Invalid``."""
    try:
        "".join(value for name, value in options.items() if name != "file" and isinstance(value, str)).encode()
    except UnicodeEncodeError:
        raise Invalid([error("value", "", "An argument is not UTF-8 text.")]) from None


def _due_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("--on", type=_day, metavar="YYYY-MM-DD", help="what would be due on that day; else today")
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
    return schedules.approve_schedule(actor, category=category, authority=given.authority, period=period)


def _hold_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("kind", choices=[*map(str, HoldKind)], metavar="KIND", help=", ".join(HoldKind))
    job.add_argument("--case", required=True, metavar="NUMBER", help="the case's number; only a hash of it is kept")
    job.add_argument("--referral", metavar="REFERRAL", help="hold this referral")
    job.add_argument("--client", type=_uuid, metavar="ID", help="hold what is of this client of the agency's own")
    job.add_argument("--whole-agency", action="store_true", help="hold everything the agency takes part in")
    job.add_argument("--first", type=_day, metavar="YYYY-MM-DD", help="hold what falls into a period: its first day")
    job.add_argument("--last", type=_day, metavar="YYYY-MM-DD", help="and its last day")


def _hold(actor: Actor, given: argparse.Namespace) -> object:
    return holds.place_hold(
        actor,
        kind=HoldKind(given.kind),
        case=given.case,
        scope=_scope(given),
        referral_id=find_referral(actor, given.referral) if given.referral else None,
        client_id=given.client,
        first=given.first,
        last=given.last,
    )


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
    job.add_argument("hold", type=_uuid, metavar="HOLD", help="the hold's id, as `due` shows it")


def _lift(actor: Actor, given: argparse.Namespace) -> object:
    return holds.lift_hold(actor, hold_id=given.hold)


def _export_arguments(job: argparse.ArgumentParser) -> None:
    _referral(job)
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
        raise Invalid([error("exception", "file", f"The file cannot be written: {problem.strerror}.")]) from None


def _shred_arguments(job: argparse.ArgumentParser) -> None:
    _referral(job)
    job.add_argument("--sha256", default="", metavar="HEX", help="the SHA-256 of the agency's own export")
    job.add_argument("--born", type=_year, metavar="YEAR", help="the client's birth year, if it is known")


def _shred(actor: Actor, given: argparse.Namespace) -> object:
    referral_id = find_referral(actor, given.referral)
    return shredding.shred(actor, referral_id=referral_id, digest=given.sha256.lower(), born=given.born)


def _certificate(actor: Actor, given: argparse.Namespace) -> object:
    return shredding.certificate_of(actor, referral_id=find_referral(actor, given.referral))


def _purge(actor: Actor, given: argparse.Namespace) -> object:
    return shredding.purge_own(actor, born=_born(actor, given))


def _referral(job: argparse.ArgumentParser) -> None:
    job.add_argument("referral", metavar="REFERRAL", help="its reference number or id")


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


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be an id (a UUID)") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day such as 2034-05-11") from None


def _year(text: str) -> int:
    if not (len(text) == 4 and text.isascii() and text.isdigit() and text >= "1900"):
        raise argparse.ArgumentTypeError("must be a year such as 2007")
    return int(text)


Job = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[Actor, argparse.Namespace], object]]

JOBS: dict[str, Job] = {
    "due": ("the schedule, the holds, and what is due", _due_arguments, _due),
    "approve": ("approve how long something is kept, in your office", _approve_arguments, _approve),
    "hold": ("keep something whatever the schedule says", _hold_arguments, _hold),
    "lift": ("end a hold", _lift_arguments, _lift),
    "export": ("take out your agency's own record of a referral", _export_arguments, _export),
    "shred": ("delete a referral that is due, for good", _shred_arguments, _shred),
    "certificate": ("show what was deleted, by whose authority", _referral, _certificate),
    "purge": ("delete all that is due, exported and not held", _ages, _purge),
}
