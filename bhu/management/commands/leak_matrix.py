"""``manage.py leak_matrix [--json]``: every role tries every part through every door, in a throw-away copy.

Exit code 0: everything came back as the page of rules says. 1: something differs. Agencies are opened in the copy, so
the network's root key must be at hand, as for any agency.
"""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from agencies.vault import keyring
from audit.door import opened
from bhu.demo.copies import standing_in
from bhu.leaks import run
from bhu.setup.migrations import behind


class Command(BaseCommand):
    """Hold who sees what to the page of rules."""

    help = "Let every role try every part through every door in a copy, and compare with the page of rules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--page", type=Path, metavar="FILE", help="another page of rules than the program's own")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            matrix = run.page(options["page"])
        except (OSError, ValueError, KeyError, TypeError) as slip:
            raise CommandError(f"The page of rules cannot be read: {slip}", returncode=2) from None
        late = [alias for alias in connections if behind(alias)]
        if late:
            raise CommandError(f"Not up to date: {', '.join(late)}. Run: python3 manage.py prepare", returncode=2)
        with opened(door="cli"), standing_in():
            found = run.report(matrix)
        keyring.forget()  # what was opened belongs to the copy
        self.stdout.write(json.dumps(found.as_json(), indent=1) if options["json"] else _text(found))
        if found.differing:
            sys.exit(1)


def _text(found: run.Report) -> str:
    rows = [
        f"{row.seat}, {row.role}: {' '.join(filter(None, row.cell))}: {row.got} and not {row.expected}"
        for row in found.differing
    ]
    return "\n".join([*rows, f"{found.cells} cells, {len(rows)} differing"])
