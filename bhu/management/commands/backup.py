"""``manage.py backup``: the main database, the keys apart from it, and the one copy of the shred store."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from audit.work import RecordedCommand
from bhu.backup import making, restoring, sealing
from bhu.backup.errors import CannotRestore, NoBackup


class Command(RecordedCommand):
    """Each backup is sealed to BHU_BACKUP_KEY, whose private half is not on this machine (docs/operations.md)."""

    help = "Back up the main database, the keys or the shred store, sealed; make the key for it; try a backup of keys."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--new-key", type=Path, metavar="FILE", help="make a backup key; FILE gets its private half")
        what.add_argument("--database", type=Path, metavar="FOLDER", help="add a backup of the main database to FOLDER")
        what.add_argument("--keys", type=Path, metavar="FOLDER", help="add a backup of the keys to FOLDER, another one")
        what.add_argument("--shred", type=Path, metavar="FILE", help="write the shred store over its one copy, FILE")
        what.add_argument("--try-keys", type=Path, metavar="BACKUP", help="see whether it would bring the keys back")
        parser.add_argument("--identity", type=Path, metavar="FILE", help="the private half, for --try-keys")

    def handle(self, *_args: Any, identity: Path | None, **options: Any) -> None:
        makers: dict[str, Callable[[Path], Path]] = {
            "database": making.back_up_database,
            "keys": making.back_up_keys,
            "shred": making.back_up_shred_store,
        }
        try:
            if options["new_key"]:
                self._new_key(options["new_key"])
            elif options["try_keys"]:
                self._try(options["try_keys"], identity)
            else:
                name = next(name for name in makers if options[name])
                self.stdout.write(str(makers[name](options[name])))
        except (NoBackup, CannotRestore) as refused:
            raise CommandError(str(refused)) from None

    def _new_key(self, path: Path) -> None:
        public = sealing.make_key(path)
        self.stdout.write(f"{sealing.SETTING}={public}")
        self.stdout.write(f"Take {path} off this machine: print it, keep it in a safe. Whoever has it opens backups.")

    def _try(self, path: Path, identity: Path | None) -> None:
        if identity is None:
            raise CommandError("--try-keys needs --identity: the private half.")
        made = restoring.try_keys(path, identity)
        self.stdout.write(f"It would bring every key back as it is now. It is of {made:%Y-%m-%d %H:%M} UTC.")
