"""``manage.py prepare``: keys, both databases and the static files made ready, or left alone when they are."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from agencies.vault import installation
from bhu.setup.grants import grant
from bhu.setup.migrations import behind, labels

APART = (
    "DATABASE_URL and SHRED_DATABASE_URL do not carry one mark: look whether they are of one installation. If they "
    "are, and the main database was restored from before it was marked: python3 manage.py prepare --join"
)


def only(alias: str) -> list[str]:
    """The one app of a database that holds one; Django would else walk through every app's past for nothing."""
    own = labels(alias)
    return sorted(own) if len(own) == 1 else []


class Command(BaseCommand):
    """Run after every installation and upgrade, by the database role that owns the tables."""

    requires_system_checks: tuple[str, ...] = ()  # every start waits for this command
    help = "Make the keys, bring both databases up to date, collect the static files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing, fail if something is missing")
        parser.add_argument(
            "--join",
            action="store_true",
            help="say that both databases are of one installation, though one has no mark",
        )
        parser.add_argument("--for", dest="role", help="give the application's database role its rights (PostgreSQL)")

    def handle(self, *_args: Any, check: bool, join: bool, role: str | None, **_options: Any) -> None:
        late = [alias for alias in connections if behind(alias)]
        if check and late:
            raise CommandError(f"Not up to date: {', '.join(late)}. Run: python3 manage.py prepare")
        if check and not installation.together():
            raise CommandError(APART)
        if not check:
            self._make(late, join=join)
        if role and not check:
            grant(role)

    def _make(self, late: list[str], *, join: bool) -> None:
        for alias in late:
            self.stderr.write(f"Bringing the database {alias!r} up to date ...")
            call_command("migrate", *only(alias), database=alias, interactive=False, verbosity=0)
        try:
            installation.settle(joined=join)
        except installation.Apart:
            raise CommandError(APART) from None
        call_command("keys_init", verbosity=0)
        if settings.PRODUCTION:
            call_command("collectstatic", interactive=False, verbosity=0)
