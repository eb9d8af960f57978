"""What every command has in common that acts as one person of one agency: who it is, one call, text or JSON, exit code.

Exit code 0: done. 1: the database is full, away or too slow. 2: refused. After 1 and 2 nothing was written; the reason
goes to stderr, or with --json to stdout as an OperationOutcome.
"""

import argparse
import errno
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseProblem

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.models import Agency
from agencies.services import actor_for, agency_called, membership_of
from audit.door import counted, opened
from fhir.content.bundle import MAX_BYTES
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals import shelltext
from referrals.errors import Invalid, Refused, Unavailable
from referrals.services import recording

UNAVAILABLE, REFUSED = 1, 2

Job = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[Actor, argparse.Namespace], object]]
"""What it does in a line, its arguments, and the one call."""


class JobCommand(BaseCommand):
    """A command with jobs, each done as the person named. A subclass gives ``jobs``, and ``as_text`` for its values."""

    jobs: ClassVar[Mapping[str, Job]]

    def as_text(self, value: Any) -> str:
        """What a job gave, as lines for a person."""
        return shelltext.as_text(value)

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
        as_json = bool(options["json"])
        with opened(door="cli"):
            try:
                shown = self._done(options)
            except (Refused, AgencyError) as refusal:
                self._refuse(refusal, source=options.get("file"), as_json=as_json)
            except DatabaseProblem as problem:
                self._refuse(Unavailable(problem), source=None, as_json=as_json)
        self.stdout.write(shelltext.as_json(shown) if as_json else self.as_text(shown))

    def _refuse(self, refusal: Refused | AgencyError, *, source: str | None, as_json: bool) -> NoReturn:
        code = UNAVAILABLE if isinstance(refusal, Unavailable) else REFUSED
        if as_json:
            self.stdout.write(shelltext.as_json(shelltext.outcome(refusal, source=source)))
            sys.exit(code)
        raise CommandError(shelltext.sentence(refusal, source=source), returncode=code)

    def _done(self, options: Mapping[str, Any]) -> object:
        """Do the job as the person named. Raises what refuses it; whatever the job records, it leaves an event."""
        _require_text(options)
        try:
            actor = actor_for(membership_of(email=options["email"], agency=options["agency"]))
        except AgencyError as stranger:
            recording.refuse_stranger("door.refuse", code=stranger.code)
            raise
        action = f"cli.{options['job']}"
        with counted() as left:
            try:
                shown = self.jobs[options["job"]][2](actor, argparse.Namespace(**options))
            except (Refused, AgencyError) as refusal:
                if not left:
                    recording.refuse(actor, action, code=refusal.code)
                raise
            if not left:
                recording.record(actor, action)
        return shown


def _require_text(options: Mapping[str, Any]) -> None:
    """A shell hands over any bytes, but only text is kept and compared. Raises ``Invalid``."""
    typed = [value for name, value in options.items() if name != "file" and isinstance(value, str | list)]
    try:
        "".join(word for value in typed for word in value).encode()
    except UnicodeEncodeError:
        raise Invalid([error("value", "", "An argument is not UTF-8 text.")]) from None


def nothing(_job: argparse.ArgumentParser) -> None:
    """A job without arguments of its own."""


def referral_argument(job: argparse.ArgumentParser) -> None:
    """The referral the job is about."""
    job.add_argument("referral", metavar="REFERRAL", help="its reference number or id")


def key_argument(job: argparse.ArgumentParser) -> None:
    """The key under which the job is done once."""
    job.add_argument("--key", help="the same key and content again gives the first result, not a second act")


def uuid(text: str) -> UUID:
    """An id as typed."""
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be an id (a UUID), as `open` shows it") from None


def day(text: str) -> date:
    """A day as typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day such as 2026-11-20") from None


def moment(text: str) -> datetime:
    """A moment as typed, with its zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError("must be a moment with its zone, such as 2026-11-27T07:00-05:00")
    return found


def clock(text: str) -> datetime:
    """A time as typed, with a zone or without; ``here`` says which it is then."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a time such as 2026-11-20T10:00 or 2026-11-20T10:00-05:00") from None


def here(actor: Actor, at: datetime) -> datetime:
    """A time without a zone is the wall clock of the actor's agency."""
    if at.tzinfo is not None:
        return at
    return at.replace(tzinfo=ZoneInfo(Agency.objects.values_list("time_zone", flat=True).get(pk=actor.agency_id)))


def agencies(slugs: Sequence[str]) -> tuple[UUID, ...]:
    """The ids of agencies by their handles. Raises ``UnknownAgency``."""
    return tuple(agency_called(slug).id for slug in slugs)


def compartments(listed: str, *, field: str = "parts") -> frozenset[Compartment]:
    """The parts in a comma-separated list. Raises ``Invalid`` naming the ``field`` and what there is."""
    try:
        return frozenset(Compartment(name.strip()) for name in listed.split(",") if name.strip())
    except ValueError as unknown:
        raise Invalid([error("value", field, f"{unknown}. Parts are: {', '.join(Compartment)}.")]) from None


def file_bytes(source: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``, one more than is allowed at most.

    Raises ``Invalid`` if it can't be read.
    """
    try:
        if source == "-":
            return _standard_input().read(MAX_BYTES + 1)
        with Path(source).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise Invalid([error("not-found", "", f"The file cannot be read: {problem.strerror}.")]) from None


def _standard_input() -> BinaryIO:
    """What is typed or piped in; a shell may also start us with it closed, and then its number is another file's."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return sys.stdin.buffer
