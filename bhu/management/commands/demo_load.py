"""``manage.py demo_load``: Merrow County into an empty database, and into no other."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agencies.models import Agency, Membership, User
from audit import door
from bhu.demo.network import NotADemo, load, prepare
from bhu.demo.progress import Progress


class Command(BaseCommand):
    """Load the demo network."""

    help = "Load the demo network into an empty database. Everybody in it is invented."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            prepare()
            with door.opened(door="cli"):
                load(Progress(self.stderr.write))
        except NotADemo as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        people, places = User.objects.count(), Membership.objects.count()
        self.stdout.write(f"Merrow County: {Agency.objects.count()} agencies, {people} people in {places} places.")
