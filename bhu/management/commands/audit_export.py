"""Takes the log out: all of it for an auditor, one agency's own part, one event's proof, or the keys to check it by."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError, CommandParser

from agencies.actor import Actor
from agencies.errors import AgencyError
from agencies.models import Agency
from agencies.services import actor_for, membership_of
from audit import entry_proofs, exporting, witnesses
from audit.log import record
from audit.work import SHELL, RecordedCommand
from fhir.content import exact
from fhir.rest import audit_events
from referrals import auditing
from referrals.errors import Refused
from referrals.finding import Bound
from referrals.jobs import day, uuid
from referrals.services import recording
from referrals.shelltext import sentence

AT_ONCE = 1000
FIRST, LAST = date(2000, 1, 1), date(9998, 12, 31)


class Command(RecordedCommand):
    """To standard output. What is taken out is itself an event."""

    help = "Take the log out: all of it, an agency's own part with proofs or as FHIR, one event's proof, or the policy."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--agency", metavar="AGENCY", help="this agency's own part, each event with its proof")
        what.add_argument("--proof", type=uuid, metavar="EVENT", help="one event with its proof")
        what.add_argument("--policy", action="store_true", help="the keys of log and witnesses, for the verifier")
        parser.add_argument(
            "--start", type=int, default=0, metavar="N", help="of all of it: only what came after N events"
        )
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="with --agency: its privacy officer")
        parser.add_argument("--from", dest="since", type=day, default=FIRST, metavar="DAY", help="the first day")
        parser.add_argument(
            "--to", dest="until", type=day, default=LAST, metavar="DAY", help="the last day; it counts whole"
        )
        parser.add_argument("--fhir", action="store_true", help="with --agency: AuditEvents (IHE BALP), one a line")

    def handle(self, **options: Any) -> None:
        given = Namespace(**options)
        kind = next((name for name in ("agency", "proof", "policy") if options[name]), "")
        try:
            for line in KINDS[kind](given):
                self.stdout.write(line.decode(), ending="")
        except (Refused, AgencyError) as refusal:
            raise CommandError(sentence(refusal, source=None), returncode=2) from None
        except (exporting.Empty, exporting.Broken, entry_proofs.NotYet) as problem:
            raise CommandError(str(problem)) from None
        except BrokenPipeError:
            sys.exit(1)


def _whole(given: Namespace) -> Iterable[bytes]:
    if given.start < 0:
        raise exporting.Empty("--start must be a number of events.")
    record(action=auditing.EXPORT, target="Log/whole", actor=SHELL, code=f"start-{given.start}")
    return exporting.whole(start=given.start)


def _own(given: Namespace) -> Iterator[bytes]:
    if not given.email:
        raise CommandError("--agency needs --as EMAIL: whoever takes it out must be its privacy officer.")
    try:
        actor = actor_for(membership_of(email=given.email, agency=given.agency))
    except AgencyError as stranger:
        recording.refuse_stranger("door.refuse", code=stranger.code)
        raise
    auditing.export(actor)
    zone = ZoneInfo(Agency.objects.values_list("time_zone", flat=True).get(pk=actor.agency_id))
    since, until = (datetime.combine(each, clock(), zone).astimezone(UTC) for each in _days(given))
    if given.fhir:
        yield from _as_fhir(actor, since, until)
    else:
        yield from exporting.own(exporting.Period(str(actor.agency_id), since, until))


def _days(given: Namespace) -> tuple[date, date]:
    if given.since > given.until:
        raise CommandError("--from must not be after --to.")
    return given.since, given.until + timedelta(days=1)


def _as_fhir(actor: Actor, since: datetime, until: datetime) -> Iterator[bytes]:
    query = auditing.EventQuery(at=(Bound("gte", since), Bound("lt", until)))
    page = auditing.page(actor, query, after=None, size=AT_ONCE)
    while page:
        yield from (exact.dump(audit_events.tree(entry)) + b"\n" for entry in page)
        page = auditing.page(actor, query, after=page[-1].place, size=AT_ONCE)


def _proof(given: Namespace) -> list[bytes]:
    record(action=auditing.EXPORT, target=f"AuditEvent/{given.proof}", actor=SHELL)
    return [entry_proofs.entry_proof(given.proof).encode()]


KINDS: Mapping[str, Callable[[Namespace], Iterable[bytes]]] = {
    "": _whole,
    "agency": _own,
    "proof": _proof,
    "policy": lambda _given: [witnesses.as_policy().encode()],
}
