"""``manage.py demo [--json]``: the main job alone, as a transcript or as one JSON object.

Exit code 0: everything happened, and was refused, as it must be. 1: something was not. 2: not a demo database.
"""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bhu.demo import story
from bhu.demo.network import NotADemo
from bhu.demo.progress import Progress, silent


class Command(BaseCommand):
    """Play the main job on the demo network; each run sends a new referral."""

    help = "Play the main job on the demo network, which is loaded into an empty database first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what came of it as one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_json = bool(options["json"])
        try:
            told = story.run(silent if as_json else self.stdout.write, Progress(self.stderr.write))
        except NotADemo as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        if as_json:
            self.stdout.write(json.dumps(told.as_json(), indent=1))
        if not told.ok:
            sys.exit(1)
