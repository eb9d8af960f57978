"""``manage.py prepare``: keys and both databases made ready, or left as they are when they already are."""

from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connections

from bhu.setup.migrations import behind


class Command(BaseCommand):
    """Run after every installation and upgrade, by the role that owns the tables."""

    help = "Make the keys and bring both databases up to date."

    def handle(self, *_args: Any, **_options: Any) -> None:
        for alias in connections:
            if behind(alias):
                call_command("migrate", database=alias, interactive=False, verbosity=0)
        if "keys_init" in get_commands():
            call_command("keys_init", verbosity=0)
