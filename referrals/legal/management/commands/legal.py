"""``manage.py legal``: legal papers and mandated reports from a shell. A thin door, as ``manage.py referral`` is.

Exit code 0: done. 1: the database is full, away or too slow. 2: refused. After 1 and 2 nothing was written; the reason
goes to stderr, or with --json to stdout as an OperationOutcome. Who is reported on is read from a file, not typed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseProblem

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.models import Agency
from agencies.services import actor_for, agency_called, membership_of
from audit.door import opened
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals.errors import Invalid, Refused, Unavailable
from referrals.legal import services
from referrals.legal.kinds import Need, Paper, Report
from referrals.legal.police import POLICE_FIELDS, police_record
from referrals.legal.shelltext import as_text
from referrals.services import recording
from referrals.shelltext import as_json, outcome, sentence

UNAVAILABLE, REFUSED = 1, 2
MAX_BYTES = 1_000_000


class Command(BaseCommand):
    """Register and answer legal papers, keep and open mandated reports, as one person of one agency."""

    help = "Register and answer legal papers, keep and open mandated reports."

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
        printed = bool(options["json"])
        with opened(door="cli"):
            try:
                shown = _done(options)
            except (Refused, AgencyError) as refusal:
                self._refuse(refusal, printed=printed)
            except DatabaseProblem as problem:
                self._refuse(Unavailable(problem), printed=printed)
        self.stdout.write(as_json(shown) if printed else as_text(shown))

    def _refuse(self, refusal: Refused | AgencyError, *, printed: bool) -> NoReturn:
        code = UNAVAILABLE if isinstance(refusal, Unavailable) else REFUSED
        if printed:
            self.stdout.write(as_json(outcome(refusal, source=None)))
            sys.exit(code)
        raise CommandError(sentence(refusal, source=None), returncode=code)


def _done(options: Mapping[str, Any]) -> object:
    """Do the job as the person named. Raises what refuses it, and records whom and what it does not know."""
    try:
        actor = actor_for(membership_of(email=options["email"], agency=options["agency"]))
    except AgencyError as stranger:
        recording.refuse_stranger("door.refuse", code=stranger.code)
        raise
    try:
        _require_text(options)
        return JOBS[options["job"]][2](actor, argparse.Namespace(**options))
    except AgencyError as unknown:
        recording.refuse(actor, f"cli.{options['job']}", code=unknown.code)
        raise


def _require_text(options: Mapping[str, Any]) -> None:
    """A shell hands over any bytes, but only text is kept and compared. Raises ``Invalid``."""
    try:
        "".join(value for value in options.values() if isinstance(value, str)).encode()
    except UnicodeEncodeError:
        raise Invalid([error("value", "", "An argument is not UTF-8 text.")]) from None


def _register_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("kind", type=Paper, choices=list(Paper), metavar="KIND", help=", ".join(Paper))
    job.add_argument("--subject", required=True, help="who is asked about; sealed")
    job.add_argument("--sender", required=True, help="who asks; sealed")
    job.add_argument("--received", required=True, type=_time, metavar="TIME", help="when the paper came")
    job.add_argument("--due", type=_time, metavar="TIME", help="until when it asks for an answer")


def _register(actor: Actor, given: argparse.Namespace) -> object:
    return services.register_request(
        actor,
        kind=given.kind,
        subject=given.subject,
        sender=given.sender,
        received_at=_here(actor, given.received),
        due_at=given.due and _here(actor, given.due),
    )


def _request(job: argparse.ArgumentParser) -> None:
    job.add_argument("request", type=_uuid, metavar="REQUEST", help="the request's id, as `list` shows it")


def _answer(actor: Actor, given: argparse.Namespace) -> object:
    return services.answer_request(actor, given.request)


def _close(actor: Actor, given: argparse.Namespace) -> object:
    return services.close_request(actor, given.request)


def _open(actor: Actor, given: argparse.Namespace) -> object:
    return services.open_request(actor, given.request)


def _by_hand_arguments(job: argparse.ArgumentParser) -> None:
    _request(job)
    job.add_argument("--to", required=True, help="who received it; sealed")
    job.add_argument("--at", required=True, type=_time, metavar="TIME", help="when")
    job.add_argument("--parts", required=True, metavar="LIST", help="what was given: contact,clinical,...")
    job.add_argument("--under", required=True, help="under which paper: court, day, docket; sealed")
    job.add_argument("--to-agency", metavar="AGENCY", help="the recipient, if it is an agency of the network")
    job.add_argument("--referral", default="", metavar="REFERRAL", help="its reference number or id, if there is one")
    job.add_argument("--suspend-until", type=_time, metavar="TIME", help="keep it from the client's accounting so long")
    job.add_argument("--written", action="store_true", help="the statement asking for that is written")


def _by_hand(actor: Actor, given: argparse.Namespace) -> object:
    return services.record_by_hand(
        actor,
        given.request,
        to=given.to,
        at=_here(actor, given.at),
        parts=_parts(given.parts),
        under=given.under,
        to_agency=agency_called(given.to_agency).id if given.to_agency else None,
        referral=given.referral,
        suspended_until=given.suspend_until and _here(actor, given.suspend_until),
        suspension_written=given.written,
    )


def _entries_arguments(job: argparse.ArgumentParser) -> None:
    _request(job)
    job.add_argument("--for-client", action="store_true", help="without what is suspended today")


def _entries(actor: Actor, given: argparse.Namespace) -> object:
    return services.entries(actor, given.request, for_client=given.for_client)


def _release_arguments(job: argparse.ArgumentParser) -> None:
    _request(job)
    job.add_argument(
        "--show", action="append", default=[], type=Need, choices=list(Need), metavar="WHAT", help="may repeat"
    )


def _release(actor: Actor, given: argparse.Namespace) -> NoReturn:
    services.release(actor, given.request, showing=given.show)


def _list_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("--reports", action="store_true", help="the mandated reports instead")
    job.add_argument("--police", action="store_true", help="the fields a police records system may have, no others")


def _list(actor: Actor, given: argparse.Namespace) -> object:
    if given.reports:
        return services.reports(actor)
    rows = services.requests(actor)
    if not given.police:
        return rows
    named = ({**asdict(row), "request": row.id} for row in rows)
    return [police_record({name: _said(row[name]) for name in POLICE_FIELDS}) for row in named]


def _report_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("kind", type=Report, choices=list(Report), metavar="KIND", help=", ".join(Report))
    job.add_argument("file", metavar="FILE", help="a JSON object of the report's fields, or - for stdin")
    job.add_argument("--made", required=True, type=_time, metavar="TIME", help="when you came to know")
    _call_arguments(job)
    job.add_argument("--referral", default="", metavar="REFERRAL", help="its reference number or id, if there is one")


def _report(actor: Actor, given: argparse.Namespace) -> object:
    return services.report(
        actor,
        kind=given.kind,
        fields=_fields(given.file),
        made_at=_here(actor, given.made),
        referral=given.referral,
        **_calls(actor, given),
    )


def _call_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("--called", type=_time, metavar="TIME", help="when you called")
    job.add_argument("--written", type=_time, metavar="TIME", help="when you sent it in writing")


def _calls(actor: Actor, given: argparse.Namespace) -> dict[str, datetime | None]:
    times = {"called_at": given.called, "written_at": given.written}
    return {name: at and _here(actor, at) for name, at in times.items()}


def _follow_arguments(job: argparse.ArgumentParser) -> None:
    _one_report(job)
    _call_arguments(job)


def _follow(actor: Actor, given: argparse.Namespace) -> object:
    return services.follow_up(actor, given.report, **_calls(actor, given))


def _one_report(job: argparse.ArgumentParser) -> None:
    job.add_argument("report", type=_uuid, metavar="REPORT", help="the report's id, as `list --reports` shows it")


def _open_report(actor: Actor, given: argparse.Namespace) -> object:
    return services.open_report(actor, given.report)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be an id (a UUID), as `list` shows it") from None


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a time such as 2026-11-20T10:00 or 2026-11-20T10:00-05:00") from None


def _here(actor: Actor, at: datetime) -> datetime:
    """A time without a zone is the wall clock of the agency."""
    if at.tzinfo is not None:
        return at
    return at.replace(tzinfo=ZoneInfo(Agency.objects.values_list("time_zone", flat=True).get(pk=actor.agency_id)))


def _parts(listed: str) -> frozenset[Compartment]:
    try:
        return frozenset(Compartment(name.strip()) for name in listed.split(",") if name.strip())
    except ValueError as unknown:
        raise Invalid([error("value", "parts", f"{unknown}. Parts are: {', '.join(Compartment)}.")]) from None


def _fields(source: str) -> dict[str, str]:
    """The fields in a file of JSON. Raises ``Invalid`` if it can't be read or is not an object."""
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1) if source == "-" else _bytes(Path(source))
        found = json.loads(data) if len(data) <= MAX_BYTES else None
    except OSError as problem:
        raise Invalid([error("not-found", "", f"The file cannot be read: {problem.strerror}.")]) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Invalid([error("structure", "", f"The file must be one JSON object of at most {MAX_BYTES} bytes.")])
    return found


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value or "")


Job = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[Actor, argparse.Namespace], object]]

JOBS: dict[str, Job] = {
    "register": ("write down that a legal paper came", _register_arguments, _register),
    "answer": ("print the letter to send, the same for everybody", _request, _answer),
    "close": ("nothing more is to be done about a paper that was answered", _request, _close),
    "list": ("the agency's legal papers; or the mandated reports", _list_arguments, _list),
    "open": ("who is asked about, and who asks", _request, _open),
    "by-hand": ("write down what was given out on paper", _by_hand_arguments, _by_hand),
    "entries": ("what was given out on paper", _entries_arguments, _entries),
    "release": ("ask for a release: always refused, with what is missing", _release_arguments, _release),
    "report": ("keep a mandated report of your own", _report_arguments, _report),
    "follow-up": ("write down when you called, or sent it in writing", _follow_arguments, _follow),
    "open-report": ("open a mandated report", _one_report, _open_report),
}
