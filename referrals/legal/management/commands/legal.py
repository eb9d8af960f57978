"""``manage.py legal``: legal papers and mandated reports from a shell. A thin door, as ``manage.py referral`` is.

Who is reported on is read from a file, not typed.
"""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from agencies.actor import Actor
from agencies.services import agency_called
from fhir.content.issues import error
from referrals.errors import Invalid
from referrals.jobs import Job, JobCommand, clock, compartments, here, uuid
from referrals.legal import services
from referrals.legal.kinds import Need, Paper, Report
from referrals.legal.police import POLICE_FIELDS, police_record
from referrals.legal.shelltext import as_text

MAX_BYTES = 1_000_000


def _register_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("kind", type=Paper, choices=list(Paper), metavar="KIND", help=", ".join(Paper))
    job.add_argument("--subject", required=True, help="who is asked about; sealed")
    job.add_argument("--sender", required=True, help="who asks; sealed")
    job.add_argument("--received", required=True, type=clock, metavar="TIME", help="when the paper came")
    job.add_argument("--due", type=clock, metavar="TIME", help="until when it asks for an answer")


def _register(actor: Actor, given: argparse.Namespace) -> object:
    return services.register_request(
        actor,
        kind=given.kind,
        subject=given.subject,
        sender=given.sender,
        received_at=here(actor, given.received),
        due_at=given.due and here(actor, given.due),
    )


def _request(job: argparse.ArgumentParser) -> None:
    job.add_argument("request", type=uuid, metavar="REQUEST", help="the request's id, as `list` shows it")


def _answer(actor: Actor, given: argparse.Namespace) -> object:
    return services.answer_request(actor, given.request)


def _close(actor: Actor, given: argparse.Namespace) -> object:
    return services.close_request(actor, given.request)


def _open(actor: Actor, given: argparse.Namespace) -> object:
    return services.open_request(actor, given.request)


def _by_hand_arguments(job: argparse.ArgumentParser) -> None:
    _request(job)
    job.add_argument("--to", required=True, help="who received it; sealed")
    job.add_argument("--at", required=True, type=clock, metavar="TIME", help="when")
    job.add_argument("--parts", required=True, metavar="LIST", help="what was given: contact,clinical,...")
    job.add_argument("--under", required=True, help="under which paper: court, day, docket; sealed")
    job.add_argument("--to-agency", metavar="AGENCY", help="the recipient, if it is an agency of the network")
    job.add_argument("--referral", default="", metavar="REFERRAL", help="its reference number or id, if there is one")
    job.add_argument("--suspend-until", type=clock, metavar="TIME", help="keep it from the client's accounting so long")
    job.add_argument("--written", action="store_true", help="the statement asking for that is written")


def _by_hand(actor: Actor, given: argparse.Namespace) -> object:
    return services.record_by_hand(
        actor,
        given.request,
        to=given.to,
        at=here(actor, given.at),
        parts=compartments(given.parts),
        under=given.under,
        to_agency=agency_called(given.to_agency).id if given.to_agency else None,
        referral=given.referral,
        suspended_until=given.suspend_until and here(actor, given.suspend_until),
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
    job.add_argument("--made", required=True, type=clock, metavar="TIME", help="when you came to know")
    _call_arguments(job)
    job.add_argument("--referral", default="", metavar="REFERRAL", help="its reference number or id, if there is one")


def _report(actor: Actor, given: argparse.Namespace) -> object:
    return services.report(
        actor,
        kind=given.kind,
        fields=_fields(given.file),
        made_at=here(actor, given.made),
        referral=given.referral,
        **_calls(actor, given),
    )


def _call_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("--called", type=clock, metavar="TIME", help="when you called")
    job.add_argument("--written", type=clock, metavar="TIME", help="when you sent it in writing")


def _calls(actor: Actor, given: argparse.Namespace) -> dict[str, datetime | None]:
    times = {"called_at": given.called, "written_at": given.written}
    return {name: at and here(actor, at) for name, at in times.items()}


def _follow_arguments(job: argparse.ArgumentParser) -> None:
    _one_report(job)
    _call_arguments(job)


def _follow(actor: Actor, given: argparse.Namespace) -> object:
    return services.follow_up(actor, given.report, **_calls(actor, given))


def _one_report(job: argparse.ArgumentParser) -> None:
    job.add_argument("report", type=uuid, metavar="REPORT", help="the report's id, as `list --reports` shows it")


def _open_report(actor: Actor, given: argparse.Namespace) -> object:
    return services.open_report(actor, given.report)


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


class Command(JobCommand):
    """Register and answer legal papers, keep and open mandated reports, as one person of one agency."""

    help = "Register and answer legal papers, keep and open mandated reports."
    jobs = JOBS

    def as_text(self, value: object) -> str:
        return as_text(value)
