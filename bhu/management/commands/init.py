"""``manage.py init``: the first real start. Done again it does what is left to do."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.work import RecordedCommand
from bhu import first
from bhu.backup.errors import CannotRestore, NoBackup


class Command(RecordedCommand):
    """After ``prepare``, before ``up --production``."""

    help = "Make the network's operator and two administrators, send a test mail, back up the keys and try the backup."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="who looks after the network, such as a county's IT office")
        parser.add_argument("--slug", default="network", help="its handle (default: network)")
        parser.add_argument(
            "--admin", action="append", required=True, help='"Ada Lowe <ada@example.org>"; at least two'
        )
        parser.add_argument("--keys", type=Path, required=True, metavar="FOLDER", help="where the keys' backup goes")
        parser.add_argument(
            "--identity", type=Path, required=True, metavar="FILE", help="the backup key's private half"
        )

    def handle(self, *_args: Any, name: str, slug: str, admin: list[str], **options: Any) -> None:
        try:
            for line in first.begin(
                name=name, slug=slug, admins=admin, keys=options["keys"], identity=options["identity"]
            ):
                self.stdout.write(line)
        except (first.NotYet, NoBackup, CannotRestore) as refused:
            raise CommandError(str(refused)) from None
