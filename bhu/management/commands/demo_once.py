"""``manage.py demo_once``: what ``up`` does with an empty development database, and with no other."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from agencies.models import Agency

BANNER = """
  This is a demonstration network: Merrow County, its people and its referrals are invented.
  Loading it once ...
"""


class Command(BaseCommand):
    """Load the demo network into a database without agencies, then show the main job."""

    help = "Load the demo network into an empty database and run the main job once."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data never goes into production.")
        if Agency.objects.exists():
            return
        self.stdout.write(BANNER)
        call_command("demo_load")
        call_command("demo")
