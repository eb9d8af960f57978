"""``manage.py demo_once``: what ``up`` does in development: fill an empty database, and show the demo's sandbox."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from agencies.models import Agency
from bhu.demo import history
from bhu.demo.network import holds_demo

BANNER = """
  This is a demonstration network: Merrow County, its people and its referrals are invented.
  Loading it once ...
"""


class Command(BaseCommand):
    """Load the demo network into a database without agencies and show the main job; then, behind it, its history."""

    help = (
        "Load the demo network and run the main job once; print its sandbox clients; load what is left of its history."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data never goes into production.")
        if not Agency.objects.exists():
            self.stdout.write(BANNER)
            call_command("demo_load", "--network")
            call_command("demo")
        if holds_demo():
            call_command("sandbox")
            if not history.is_whole():
                call_command("demo_load", "--history")
