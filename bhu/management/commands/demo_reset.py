"""``manage.py demo_reset``: drop the demo network, and nothing that does not carry its mark."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bhu.demo.network import NotADemo
from bhu.demo.reset import reset


class Command(BaseCommand):
    """Drop both databases of a demo and start a new log."""

    help = "Drop the demo network with all its referrals and start a new log. Refuses without the demo mark."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            reset()
        except NotADemo as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        self.stdout.write("The demo network is gone, and a new log begins. Load it again: python3 manage.py demo_load")
