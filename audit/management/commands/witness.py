"""This town as a witness of other towns' logs: ``audit/standalone/witness.py``, with its folder in our own."""

import sys
from argparse import Namespace

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from audit.standalone import witness


class Command(BaseCommand):
    help = "Cosign other towns' logs as long as they only grow: a service, or one visit (--once) for cron."
    requires_system_checks: tuple[str, ...] = ()  # it needs nothing of this installation

    def add_arguments(self, parser: CommandParser) -> None:
        witness.arguments(parser, settings.VAR_DIR / "witness")

    def handle(self, **options: object) -> None:
        sys.exit(witness.run(Namespace(**options)))
