"""What the commands of these rooms share: who acts, one job, text or JSON out, and how a refusal leaves.

Exit code 0: done. 1: the database is full, away or too slow. 2: refused. After 1 and 2 nothing was written; the reason
goes to stderr, or with --json to stdout as an OperationOutcome.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseProblem

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.services import actor_for, membership_of
from audit.door import opened
from fhir.content.issues import error
from referrals.errors import Invalid, Refused, Unavailable
from referrals.services import recording
from referrals.shelltext import as_json, outcome, sentence
from referrals.signing.shelltext import as_text, plain

UNAVAILABLE, REFUSED = 1, 2

Job = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[Actor, argparse.Namespace], object]]


class Door(BaseCommand):
    """A command of several jobs, each done as one person of one agency."""

    jobs: ClassVar[Mapping[str, Job]]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        jobs = parser.add_subparsers(dest="job", required=True, metavar="JOB")
        for name, (about, add, _run) in self.jobs.items():
            job = jobs.add_parser(name, help=about)
            job.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="who acts")
            job.add_argument("--from", dest="agency", metavar="AGENCY", help="for which agency, if they have several")
            job.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
            add(job)

    def handle(self, **options: Any) -> None:
        printed = bool(options["json"])
        with opened(door="cli"):
            try:
                shown = self._done(options)
            except (Refused, AgencyError) as refusal:
                self._refuse(refusal, printed=printed)
            except DatabaseProblem as problem:
                self._refuse(Unavailable(problem), printed=printed)
        self.stdout.write(as_json(plain(shown)) if printed else as_text(shown))

    def _done(self, options: Mapping[str, Any]) -> object:
        """Do the job as the person named. Raises what refuses it, and records whom and what it does not know."""
        try:
            actor = actor_for(membership_of(email=options["email"], agency=options["agency"]))
        except AgencyError as stranger:
            recording.refuse_stranger("door.refuse", code=stranger.code)
            raise
        try:
            _require_text(options)
            return self.jobs[options["job"]][2](actor, argparse.Namespace(**options))
        except AgencyError as unknown:
            recording.refuse(actor, f"cli.{options['job']}", code=unknown.code)
            raise

    def _refuse(self, refusal: Refused | AgencyError, *, printed: bool) -> NoReturn:
        code = UNAVAILABLE if isinstance(refusal, Unavailable) else REFUSED
        if printed:
            self.stdout.write(as_json(outcome(refusal, source=None)))
            sys.exit(code)
        raise CommandError(sentence(refusal, source=None), returncode=code)


def _require_text(options: Mapping[str, Any]) -> None:
    """A shell hands over any bytes, but only text is kept and compared. Raises ``Invalid``."""
    try:
        "".join(value for value in options.values() if isinstance(value, str)).encode()
    except UnicodeEncodeError:
        raise Invalid([error("value", "", "An argument is not UTF-8 text.")]) from None
