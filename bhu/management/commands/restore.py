"""``manage.py restore``: put a backup back, while the server stands still."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import door
from bhu.backup import restoring
from bhu.backup.errors import CannotRestore, NoBackup

UNVOUCHED = (
    "No other town vouches for any of them, and whoever has the public half of the backup key could have made it: "
    "compare it with a checkpoint that was kept elsewhere (audit_verify --kept)."
)


class Command(BaseCommand):
    """Keys first, then the shred store where it is lost, then the database, whose log is verified with the keys."""

    requires_system_checks: tuple[str, ...] = ()  # there may be nothing here that could be checked
    help = "Put back a backup of the keys, the shred store or the main database."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--database", type=Path, metavar="BACKUP", help="the main database, and verify its log")
        what.add_argument("--keys", type=Path, metavar="BACKUP", help="the key files; none is overwritten")
        what.add_argument("--shred", type=Path, metavar="BACKUP", help="the shred store, where there is none any more")
        parser.add_argument(
            "--identity", type=Path, metavar="FILE", required=True, help="the backup key's private half"
        )
        parser.add_argument("--replace", action="store_true", help="put the database in the place of one that has rows")

    def handle(self, *_args: Any, identity: Path, replace: bool, **options: Any) -> None:
        try:
            with door.opened(door="cli"):
                self.stdout.write(self._restored(options, identity, replace=replace))
        except (NoBackup, CannotRestore) as refused:
            raise CommandError(str(refused)) from None

    def _restored(self, options: dict[str, Any], identity: Path, *, replace: bool) -> str:
        if options["keys"]:
            label = restoring.restore_keys(options["keys"], identity)
            return f"{len(label.files)} key files of {label.made_at:%Y-%m-%d %H:%M} UTC are back."
        if options["shred"]:
            label = restoring.restore_shred_store(options["shred"], identity)
            return f"The shred store of {label.made_at:%Y-%m-%d %H:%M} UTC is back."
        done = restoring.restore_database(options["database"], identity, replace=replace)
        return (
            f"The database of {done.made_at:%Y-%m-%d %H:%M} UTC is back; its log of {done.events} events verifies. "
            f"{_vouched(done)} Everybody is signed out. Next: python3 manage.py prepare"
        )


def _vouched(done: restoring.Restored) -> str:
    said = (f"{name} vouches for {size} of them." for name, size in done.vouched.items())
    return " ".join(said) if done.vouched else UNVOUCHED
