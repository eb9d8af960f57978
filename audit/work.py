"""What a job in the background and a command of the shell leave in the log, whatever they forget to say themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from audit import door, log
from audit.models import AuditEvent
from audit.outcome import Outcome

JOB, COMMAND = "job.run", "cli.run"
SHELL = "System/cli"
NOT_PREPARED = "Nothing is prepared here yet, so nothing can be recorded. First: python3 manage.py prepare"


@dataclass(slots=True)
class Work:
    """One run of a job: how much it changed so far."""

    changed: int = 0

    def did(self, changed: int) -> None:
        """Count rows that were changed."""
        self.changed += changed


@contextmanager
def job(name: str) -> Iterator[Work]:
    """Stand behind the door "worker" as ``name``.

    A run that changed rows and recorded none of it leaves one event with how many; one that changed nothing leaves
    none. One that fails leaves one with the kind of its fault, which goes on.
    """
    work = Work()
    with door.opened(door="worker"), door.counted() as left:
        try:
            yield work
        except Exception as fault:
            _leave(name, outcome=Outcome.SERIOUS, code=type(fault).__name__)
            raise
        if work.changed and not left:
            _leave(name, outcome=Outcome.SUCCESS, code=str(work.changed))


def _leave(name: str, *, outcome: Outcome, code: str) -> None:
    log.record(action=JOB, target=f"Job/{name}", actor=f"System/{name}", outcome=outcome, code=code)


class RecordedCommand(BaseCommand):
    """A command of whoever has the shell of the host: if what it calls records nothing, it does, done or refused."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return self._recorded(*args, **options)
        except DatabaseError:
            if AuditEvent._meta.db_table in connection.introspection.table_names():
                raise
            raise CommandError(NOT_PREPARED) from None

    def _recorded(self, *args: Any, **options: Any) -> str | None:
        target = f"Command/{type(self).__module__.rpartition('.')[2]}"
        with door.opened(door="cli"), door.counted() as left:
            try:
                said = super().execute(*args, **options)
            except Exception as fault:
                if not left:
                    log.record(
                        action=COMMAND, target=target, actor=SHELL, outcome=Outcome.REFUSED, code=type(fault).__name__
                    )
                raise
            if not left:
                log.record(action=COMMAND, target=target, actor=SHELL)
        return said
