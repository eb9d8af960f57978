"""``manage.py upgrade``: bring the databases to a new version's tables, and back if that fails."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import door
from bhu.backup import upgrading
from bhu.backup.errors import CannotRestore, NoBackup


class Command(BaseCommand):
    """Run by the role that owns the tables, with the new version's code, while the server stands still."""

    requires_system_checks: tuple[str, ...] = ()  # the tables are older than the code
    help = "Copy the main database, bring it up to date, verify its log; put the copy back if anything fails."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--for", dest="role", help="the application's database role (PostgreSQL)")

    def handle(self, *_args: Any, role: str | None, **_options: Any) -> None:
        try:
            with door.opened(door="cli"):
                self.stdout.write(f"Up to date; the log of {upgrading.upgrade(role=role)} events verifies.")
        except (NoBackup, CannotRestore) as refused:
            raise CommandError(str(refused)) from None
