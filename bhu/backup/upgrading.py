"""A new version's tables: tried on the database itself, with a copy of it at hand."""

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from agencies.vault import keyring
from audit import log, signer
from audit.verify import verify
from bhu.setup.up import Hindrance, alone

from .bundle import scratch
from .dumping import engine_of
from .errors import CannotRestore, NoBackup
from .making import SYSTEM


def upgrade(*, role: str | None = None) -> int:
    """Bring the databases up to date and verify the log. Returns how many events it has.

    Whatever fails, the main database is put back as it was, and ``CannotRestore`` says why. Raises ``NoBackup`` before
    anything is changed: while the server runs, or if no copy could be made. The shred store is brought up to date, and
    never back: its tables only ever grow.
    """
    try:
        with alone(settings.VAR_DIR), scratch() as place:
            copy = place / "before"
            engine_of(connection).dump(connection, copy)
            try:
                call_command("prepare", **({"role": role} if role else {}))
                return _verified()
            except Exception as problem:
                engine_of(connection).load(connection, copy)
                keyring.forget()
                raise CannotRestore(
                    f"The database is as it was; go on with the version before. {type(problem).__name__}: {problem}"
                ) from problem
    except Hindrance as serving:
        raise NoBackup(str(serving)) from None


def _verified() -> int:
    key = signer.load()
    report = verify(name=key.name, public=key.public)
    if not report.ok:
        raise CannotRestore("The log does not verify afterwards.")
    log.record(action="installation.upgrade", target="Installation/main", actor=SYSTEM)
    return report.events
