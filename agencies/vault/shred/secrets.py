"""Shred secrets: made before the folder they belong to, mixed into its keys, deleted to forget it.

They live in a database of their own that is never restored to an older state; the main database's backups are many.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from agencies.vault import installation, kms
from agencies.vault.errors import CannotOpen
from agencies.vault.seal import new_key

from .models import ShredSecret
from .router import ALIAS

BATCH = 500
YOUNGEST_ORPHAN = timedelta(hours=1)
ONE_IN = 20
"""A sweep takes at most one in so many of the secrets it looks at: more than that is another main database."""
READ = "SELECT secret FROM shred_shredsecret WHERE folder_id = %s"
# What still holds a deleted row's bytes: SQLite's write-ahead log, PostgreSQL's dead rows.
SCRUB = {"sqlite": "PRAGMA wal_checkpoint(TRUNCATE)", "postgresql": "VACUUM shred_shredsecret"}


class NotOurs(RuntimeError):
    """So many secrets have no folder that the main database is not the one they belong to; nothing was deleted."""


def create(folder_id: UUID) -> bytes:
    """A new folder's secret, committed on return, whatever becomes of the caller's own transaction.

    If that fails an orphan is left behind, which ``sweep_orphans`` deletes; the other way round a folder would lose
    its secret. Raises ``IntegrityError`` if there is one.
    """
    secret = new_key()
    with transaction.atomic(using=ALIAS, durable=True):
        ShredSecret(folder_id=folder_id, secret=kms.seal(secret, _aad(folder_id))).save(force_insert=True)
    return secret


def secret(folder_id: UUID) -> bytes:
    """The folder's secret. Raises ``CannotOpen`` if it was shredded."""
    connection = connections[ALIAS]
    # By hand: building this query costs Django five times what the whole reading does, and every opening needs one.
    with connection.cursor() as cursor:
        cursor.execute(READ, [ShredSecret._meta.pk.get_db_prep_value(folder_id, connection)])
        row = cursor.fetchone()
    if row is None:
        raise CannotOpen
    return kms.unseal(bytes(row[0]), _aad(folder_id))


def secrets(folder_ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The secrets of these folders in one query; those shredded are missing."""
    rows = ShredSecret.objects.in_bulk(list(folder_ids))
    return {folder_id: kms.unseal(bytes(row.secret), _aad(folder_id)) for folder_id, row in rows.items()}


def shred(folder_id: UUID) -> None:
    """Forget the folder for good. What its agencies have read, they have read."""
    with transaction.atomic(using=ALIAS, durable=True):
        ShredSecret.objects.filter(pk=folder_id).delete()
        transaction.on_commit(_scrub, using=ALIAS)


def sweep_orphans(*, exists: Callable[[Collection[UUID]], Collection[UUID]], older_than: timedelta) -> int:
    """Delete secrets whose folder was never committed. Returns how many.

    ``exists`` gets up to 500 ids and returns those that are folders. Raises ``ValueError`` if ``older_than`` is under
    an hour: a folder just being written has its secret already. Deletes nothing and raises ``Apart`` where the
    store does not carry the mark of this main database, ``NotOurs`` where more than one in ``ONE_IN`` has no folder: a
    wrong address or an older main database must not shred all of it.
    """
    if older_than < YOUNGEST_ORPHAN:
        raise ValueError("A secret may be waiting for its folder for up to an hour.")
    installation.require_together()
    old = ShredSecret.objects.filter(created_at__lt=timezone.now() - older_than).order_by("folder_id")
    orphans, seen, last = list[UUID](), 0, UUID(int=0)
    while batch := list(old.filter(folder_id__gt=last).values_list("folder_id", flat=True)[:BATCH]):
        orphans += set(batch) - set(exists(batch))
        seen, last = seen + len(batch), batch[-1]
    if len(orphans) * ONE_IN > seen:
        raise NotOurs(f"{len(orphans)} of {seen} shred secrets have no folder in the main database")
    for start in range(0, len(orphans), BATCH):
        ShredSecret.objects.filter(pk__in=orphans[start : start + BATCH]).delete()
    return len(orphans)


def _scrub() -> None:
    connection = connections[ALIAS]
    with connection.cursor() as cursor:
        cursor.execute(SCRUB[connection.vendor])


def _aad(folder_id: UUID) -> dict[str, str]:
    return {"use": "shred-secret", "folder": str(folder_id)}
