"""``manage.py demo_part NUMBER OF``: one part of the demo's history; ``demo_load`` starts it."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from audit import door
from bhu.demo.history import loading

EVERY = 0.5


class Command(BaseCommand):
    """Play one part of the history."""

    help = "Play one part of the demo's history, and say how far it is; started by demo_load."
    requires_system_checks: tuple[str, ...] = ()  # demo_load has made them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int)
        parser.add_argument("of", type=int)

    def handle(self, *_args: Any, number: int, of: int, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demo data never goes into production.")
        self._said = 0.0
        for connection in connections.all():
            if connection.vendor == "sqlite":  # a copy, thrown away after
                with connection.cursor() as cursor:
                    cursor.execute("PRAGMA synchronous = OFF")
        found = loading.left_to_play(number, of)
        with door.opened(door="cli"):
            loading.play_all(found, each=self._say)
        self.stdout.write(str(len(found)))

    def _say(self, done: int) -> None:
        if time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            self.stdout.write(str(done))
            self.stdout.flush()
