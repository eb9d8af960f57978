"""``manage.py sandbox``: partners' systems for a developer's first hour, in the demo network and in no other."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agencies.errors import NotAMember
from audit import door
from bhu.demo import sandbox
from bhu.demo.network import NotADemo

HEADING = "For partners' developers (docs/fhir.md): systems that may ask for tokens, each with its key in a file."
TRY = "Try it:  .venv/bin/python docs/examples/partner.py tour {folder}"
OLD = "This demo network is older than its sandbox. Renew it: python3 manage.py demo_reset"


class Command(BaseCommand):
    """Register the sandbox clients, or find them registered, and print where their keys are."""

    help = "Print ready clients for partners' developers; only in the demo network."

    def handle(self, *_args: Any, **_options: Any) -> None:
        folder: Path = settings.VAR_DIR / "sandbox"
        try:
            with door.opened(door="cli"):
                rows = list(sandbox.ready(folder))
        except NotADemo as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        except NotAMember:
            raise CommandError(OLD, returncode=2) from None
        self.stdout.write(f"\n{HEADING}")
        for row in rows:
            self.stdout.write(f"  {row.client_id}  {row.agency}, {row.seat.role}\n    {row.file}")
        self.stdout.write(TRY.format(folder=folder))
