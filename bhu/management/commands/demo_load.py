"""``manage.py demo_load``: Merrow County and its history into an empty database, and into no other.

A history that was broken off goes on where it stopped.
"""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.models import Agency, Membership, User
from audit import door
from bhu.demo import history, network
from bhu.demo.history.parts import PartFailed
from bhu.demo.network import NotADemo
from bhu.demo.progress import Progress
from referrals.models import Referral

MOST = 4
"""How many processes play the history at most."""


class Command(BaseCommand):
    """Load the demo network."""

    help = "Load the demo network with its history of eighteen months into an empty database, about a minute."

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_mutually_exclusive_group()
        parts.add_argument("--network", action="store_true", help="the agencies and people alone, without a history")
        parts.add_argument("--history", action="store_true", help="the history alone, or what is missing of it")

    def handle(self, *_args: Any, **options: Any) -> None:
        progress = Progress(self.stderr.write)
        try:
            network.prepare()
            with door.opened(door="cli"):
                if not options["history"]:
                    network.load(progress)
                if not options["network"]:
                    history.load(progress, hands=min(MOST, os.cpu_count() or 1))
        except NotADemo as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        except PartFailed as problem:
            raise CommandError(str(problem)) from None
        people, places = User.objects.count(), Membership.objects.count()
        self.stdout.write(
            f"Merrow County: {Agency.objects.count()} agencies, {people} people in {places} places, "
            f"{Referral.objects.count()} referrals."
        )
