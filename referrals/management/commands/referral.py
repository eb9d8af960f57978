"""``manage.py referral``: the main job from a shell. A thin door: arguments in, one service call, text or JSON out.

Exit code 0: done. 1: the database is full, away or too slow. 2: refused. After 1 and 2 nothing was written; the reason
goes to stderr, or with --json to stdout as an OperationOutcome.
"""

import argparse
import errno
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NoReturn
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseProblem

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.services import actor_for, agency_called, membership_of
from audit.door import opened
from fhir.content.builders import Origin, Pathway
from fhir.content.bundle import MAX_BYTES
from fhir.content.compartments import Compartment
from fhir.content.issues import error
from referrals import acts, listing, shelltext
from referrals.blind import by_name, by_phone
from referrals.errors import Invalid, Refused, Unavailable
from referrals.opening import open_referral
from referrals.perform import Done, perform
from referrals.policy.bases import Basis
from referrals.reasons import REASONS
from referrals.services import clients, recording
from referrals.workflow import STEPS

UNAVAILABLE, REFUSED = 1, 2


class Command(BaseCommand):
    """Send, offer, list, open, step and follow referrals as one person of one agency."""

    help = "Send, offer, list, open, step and follow referrals from the shell."

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
                shown = _done(options)
            except (Refused, AgencyError) as refusal:
                self._refuse(refusal, source=options.get("file"), as_json=as_json)
            except DatabaseProblem as problem:
                self._refuse(Unavailable(problem), source=None, as_json=as_json)
        self.stdout.write(shelltext.as_json(shown) if as_json else shelltext.as_text(shown))

    def _refuse(self, refusal: Refused | AgencyError, *, source: str | None, as_json: bool) -> NoReturn:
        code = UNAVAILABLE if isinstance(refusal, Unavailable) else REFUSED
        if as_json:
            self.stdout.write(shelltext.as_json(shelltext.outcome(refusal, source=source)))
            sys.exit(code)
        raise CommandError(shelltext.sentence(refusal, source=source), returncode=code)


def _done(options: Mapping[str, Any]) -> object:
    """Do the job as the person named. Raises what refuses it, and records whom and what it does not know."""
    _require_text(options)
    try:
        actor = actor_for(membership_of(email=options["email"], agency=options["agency"]))
    except AgencyError as stranger:
        recording.refuse_stranger("door.refuse", code=stranger.code)
        raise
    try:
        return JOBS[options["job"]][2](actor, argparse.Namespace(**options))
    except AgencyError as unknown:
        recording.refuse(actor, f"cli.{options['job']}", code=unknown.code)
        raise


def _require_text(options: Mapping[str, Any]) -> None:
    """A shell hands over any bytes, but only text is kept and compared. Raises ``Invalid``."""
    typed = [value for name, value in options.items() if name != "file" and isinstance(value, str | list)]
    try:
        "".join(word for value in typed for word in value).encode()
    except UnicodeEncodeError:
        raise Invalid([error("value", "", "An argument is not UTF-8 text.")]) from None


def _file(job: argparse.ArgumentParser) -> None:
    job.add_argument("file", metavar="FILE", help="a FHIR R4 Bundle (transaction or collection), or - for stdin")
    _key(job)
    job.add_argument("--to", action="append", required=True, metavar="AGENCY", help="a receiving agency; may repeat")
    job.add_argument("--basis", type=Basis, choices=list(Basis), help="the legal ground; else the likely one")
    job.add_argument("--pathway", type=Pathway, choices=list(Pathway), help="the deflection pathway")
    job.add_argument("--source", type=Origin, choices=list(Origin), default=Origin.OTHER, help="who brought it about")


def _send(actor: Actor, given: argparse.Namespace) -> Done:
    send = acts.Send(
        data=_read(given.file),
        to=_agencies(given.to),
        basis=given.basis,
        pathway=given.pathway,
        brought_by=given.source,
    )
    return perform(actor, [send], key=given.key)


def _offer_arguments(job: argparse.ArgumentParser) -> None:
    _referral(job)
    _key(job)
    job.add_argument("--to", action="append", required=True, metavar="AGENCY", help="an agency to ask; may repeat")
    job.add_argument("--release", default="", metavar="LIST", help="what opens on accept: contact,clinical,...")
    job.add_argument("--basis", type=Basis, choices=list(Basis), help="the legal ground; else the likely one")


def _offer(actor: Actor, given: argparse.Namespace) -> Done:
    offer = acts.Offer(
        referral_id=listing.find_referral(actor, given.referral),
        to=_agencies(given.to),
        release=_compartments(given.release),
        basis=given.basis,
    )
    return perform(actor, [offer], key=given.key)


def _inbox_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("--waiting", action="store_true", help="only what waits for an answer")


def _inbox(actor: Actor, given: argparse.Namespace) -> Sequence[listing.InboxRow]:
    return listing.inbox(actor, waiting=given.waiting)


def _open_arguments(job: argparse.ArgumentParser) -> None:
    _referral(job)
    job.add_argument("--part", default="", metavar="LIST", help="only these parts: request,contact,...")


def _open(actor: Actor, given: argparse.Namespace) -> object:
    parts = _compartments(given.part) or None
    return open_referral(actor, listing.find_referral(actor, given.referral), compartments=parts)


def _step_arguments(job: argparse.ArgumentParser) -> None:
    job.add_argument("task", type=_uuid, metavar="TASK", help="the task's id, as `open` shows it")
    job.add_argument("step", choices=[step.name for step in STEPS], metavar="STEP", help="one of the workflow's steps")
    _key(job)
    job.add_argument("--reason", default="", choices=["", *REASONS], metavar="CODE", help=", ".join(REASONS))
    job.add_argument("--note", default="", help="words for the other side; sealed")
    job.add_argument("--version", type=int, help="refuse if the task moved on since this version")
    job.add_argument("--how", default="", help="for an agency off the network: phone, fax, e-mail, in person")
    job.add_argument("--said-by", default="", help="for an agency off the network: who said it; sealed")


def _step(actor: Actor, given: argparse.Namespace) -> Done:
    step = acts.TakeStep(
        task_id=given.task,
        step=given.step,
        reason=given.reason,
        note=given.note,
        version=given.version,
        how=given.how,
        said_by=given.said_by,
    )
    return perform(actor, [step], key=given.key)


def _history(actor: Actor, given: argparse.Namespace) -> object:
    return listing.history(actor, listing.find_referral(actor, given.referral))


def _add_arguments(job: argparse.ArgumentParser) -> None:
    _referral(job)
    job.add_argument("file", metavar="FILE", help="one FHIR R4 resource, or - for stdin")
    _key(job)
    job.add_argument("--corrects", type=_uuid, metavar="ID", help="the resource of yours this is a new version of")


def _add(actor: Actor, given: argparse.Namespace) -> Done:
    referral_id, data = listing.find_referral(actor, given.referral), _read(given.file)
    act: acts.Act = acts.AddSection(referral_id=referral_id, data=data)
    if given.corrects:
        act = acts.CorrectSection(referral_id=referral_id, resource_id=given.corrects, data=data)
    return perform(actor, [act], key=given.key)


def _party_arguments(job: argparse.ArgumentParser) -> None:
    _referral(job)
    job.add_argument("other", metavar="AGENCY")
    job.add_argument("--parts", required=True, metavar="LIST", help="what it may open: contact,clinical,...")
    job.add_argument("--basis", type=Basis, choices=list(Basis), required=True, help="the legal ground")


def _add_agency(actor: Actor, given: argparse.Namespace) -> Done:
    act = acts.AddAgency(
        referral_id=listing.find_referral(actor, given.referral),
        agency_id=agency_called(given.other).id,
        compartments=_compartments(given.parts),
        basis=given.basis,
    )
    return perform(actor, [act])


def _withdraw_arguments(job: argparse.ArgumentParser) -> None:
    _referral(job)
    job.add_argument("other", metavar="AGENCY")
    job.add_argument("--consent-revoked", action="store_true", help="because the client withdrew consent")


def _withdraw(actor: Actor, given: argparse.Namespace) -> Done:
    act = acts.WithdrawAgency(
        referral_id=listing.find_referral(actor, given.referral),
        agency_id=agency_called(given.other).id,
        consent_revoked=given.consent_revoked,
    )
    return perform(actor, [act])


def _find_arguments(job: argparse.ArgumentParser) -> None:
    for name in ("family", "given", "phone"):
        job.add_argument(f"--{name}", default="")
    job.add_argument("--born", required=True, type=_day, metavar="YYYY-MM-DD", help="date of birth")


def _find(actor: Actor, given: argparse.Namespace) -> object:
    lookups = [
        *by_name(family=given.family, given=given.given, born=given.born),
        *by_phone(phone=given.phone, born=given.born),
    ]
    found = clients.find(actor, lookups)
    return {"clients": found, "referrals": clients.referrals_of(actor, found)}


def _referral(job: argparse.ArgumentParser) -> None:
    job.add_argument("referral", metavar="REFERRAL", help="its reference number or id")


def _key(job: argparse.ArgumentParser) -> None:
    job.add_argument("--key", help="the same key and content again gives the first result, not a second act")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be an id (a UUID), as `open` shows it") from None


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day such as 2007-05-11") from None


def _agencies(slugs: Sequence[str]) -> tuple[UUID, ...]:
    return tuple(agency_called(slug).id for slug in slugs)


def _compartments(listed: str) -> frozenset[Compartment]:
    """The parts in a comma-separated list. Raises ``Invalid`` naming what there is."""
    try:
        return frozenset(Compartment(name.strip()) for name in listed.split(",") if name.strip())
    except ValueError as unknown:
        raise Invalid([error("value", "", f"{unknown}. Parts are: {', '.join(Compartment)}.")]) from None


def _read(source: str) -> bytes:
    """The bytes of a file, one more than is allowed at most. Raises ``Invalid`` if it can't be read."""
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


Job = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[Actor, argparse.Namespace], object]]

JOBS: dict[str, Job] = {
    "send": ("send a bundle to one or more agencies", _file, _send),
    "offer": ("ask several agencies; the first to accept gets what is released", _offer_arguments, _offer),
    "inbox": ("what is before your agency", _inbox_arguments, _inbox),
    "open": ("open a referral", _open_arguments, _open),
    "step": ("take a step: accept, reject, start, complete ...", _step_arguments, _step),
    "history": ("what happened, as far as you may see it", _referral, _history),
    "add": ("add one resource, or correct one of yours", _add_arguments, _add),
    "add-agency": ("let another agency open parts of a referral", _party_arguments, _add_agency),
    "withdraw": ("end an agency's part", _withdraw_arguments, _withdraw),
    "find": ("find your own clients by name or phone and date of birth", _find_arguments, _find),
}
