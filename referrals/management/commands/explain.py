"""``manage.py explain``: why somebody may or may not do something to a part of a referral, gate by gate."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from agencies.errors import AgencyError
from agencies.services import actor_for, membership_of
from audit.work import RecordedCommand
from fhir.content.compartments import Compartment
from referrals import listing, shelltext
from referrals.errors import Refused
from referrals.explaining import explain
from referrals.policy.matrix import Action

ACTIONS = {"create": Action.CREATE, "read": Action.READ, "update": Action.UPDATE}


class Command(RecordedCommand):
    """Say which rule decides, with which inputs, of which version, and how to get it lawfully."""

    help = "Explain why somebody may or may not do something to a part of a referral."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as", dest="email", required=True, metavar="EMAIL", help="whose question it is")
        parser.add_argument("--from", dest="agency", metavar="AGENCY", help="in which agency, if they have several")
        parser.add_argument("--referral", required=True, help="its reference number or id")
        parser.add_argument("--compartment", type=Compartment, choices=list(Compartment), required=True)
        parser.add_argument("--action", choices=list(ACTIONS), default="read")
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")

    def handle(self, **options: Any) -> None:
        try:
            actor = actor_for(membership_of(email=options["email"], agency=options["agency"]))
            found = listing.find_referral(actor, options["referral"])
            said = explain(actor, found, options["compartment"], ACTIONS[options["action"]])
        except (Refused, AgencyError) as refusal:
            raise CommandError(shelltext.sentence(refusal, source=None), returncode=2) from None
        self.stdout.write(shelltext.as_json(said) if options["json"] else shelltext.as_text(said))
