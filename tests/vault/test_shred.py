"""Shred secrets: there before the folder, gone for good when shredded."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.backends.signals import connection_created
from django.utils import timezone

from agencies.vault import seal
from agencies.vault.errors import CannotOpen
from agencies.vault.shred import secrets
from agencies.vault.shred.models import ShredSecret
from agencies.vault.shred.router import ALIAS, ShredRouter
from audit.uuid7 import uuid7

HOUR = timedelta(hours=1)


def backdate(*folder_ids, by):
    ShredSecret.objects.filter(pk__in=folder_ids).update(created_at=timezone.now() - by)


@pytest.mark.django_db
def test_a_folders_secret_is_its_own_and_stays_the_same():
    one, other = uuid7(), uuid7()
    made = secrets.create(one)
    assert (len(made), secrets.secret(one)) == (32, made)
    assert secrets.create(other) != made
    assert set(secrets.secrets([one, other, uuid7()])) == {one, other}
    with pytest.raises(IntegrityError):
        secrets.create(one)


@pytest.mark.django_db
def test_a_secret_is_stored_sealed_and_bound_to_its_folder():
    one, other = uuid7(), uuid7()
    made = secrets.create(one)
    secrets.create(other)
    stored = bytes(ShredSecret.objects.get(pk=one).secret)
    assert made not in stored
    ShredSecret.objects.filter(pk=other).update(secret=stored)
    with pytest.raises(CannotOpen):
        secrets.secret(other)


@pytest.mark.django_db
def test_a_shredded_folder_opens_no_more_even_with_its_data_key():
    folder, dek = uuid7(), seal.new_key()
    sealed = seal.seal(dek=dek, shred_secret=secrets.create(folder), plaintext=b"{}", context=b"")
    secrets.shred(folder)
    with pytest.raises(CannotOpen):
        secrets.secret(folder)
    with pytest.raises(CannotOpen):
        seal.open_sealed(dek=dek, shred_secret=secrets.create(folder), sealed=sealed, context=b"")


def test_a_secret_outlives_the_rollback_of_what_it_was_made_for(own_database):
    folder = uuid7()
    with transaction.atomic(durable=True):
        secrets.create(folder)
        transaction.set_rollback(True)
    assert len(secrets.secret(folder)) == 32


def test_a_secret_is_never_made_inside_a_transaction_that_could_take_it_back(own_database):
    with transaction.atomic(using=ALIAS), pytest.raises(RuntimeError, match="durable"):
        secrets.create(uuid7())
    with transaction.atomic(using=ALIAS), pytest.raises(RuntimeError, match="durable"):
        secrets.shred(uuid7())


def bytes_on_disk():
    """All that SQLite keeps of the shred database; for PostgreSQL, the size of the table's pages in bytes."""
    connection = connections[ALIAS]
    if connection.vendor == "sqlite":
        path = connection.settings_dict["NAME"]
        return b"".join(Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('shred_shredsecret')")
        return bytes(cursor.fetchone()[0])


def test_shredding_leaves_no_trace_on_the_disk(own_database):
    folder = uuid7()
    secrets.create(folder)
    tail = bytes(ShredSecret.objects.get(pk=folder).secret)[40:]
    trace = tail if connections[ALIAS].vendor == "sqlite" else b"\0"
    assert trace in bytes_on_disk()
    secrets.shred(folder)
    assert trace not in bytes_on_disk()


def test_every_new_sqlite_connection_overwrites_what_it_deletes(own_database):
    """Some builds of SQLite do so by themselves, so the connection is first told not to."""
    connection = connections[ALIAS]
    if connection.vendor == "postgresql":
        assert bytes_on_disk() == b""
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete=OFF")
        connection_created.send(sender=type(connection), connection=connection)
        assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)


def stored(count):
    """So many more secrets, of whatever they are."""
    rows = [ShredSecret(folder_id=uuid7(), secret=b"") for _ in range(count)]
    return [row.folder_id for row in ShredSecret.objects.bulk_create(rows)]


@pytest.mark.django_db
@pytest.mark.parametrize("missing", [2, 20])
def test_beside_another_main_database_a_sweep_deletes_nothing(missing):
    folders = stored(20)
    backdate(*folders, by=2 * HOUR)
    with pytest.raises(secrets.NotOurs):
        secrets.sweep_orphans(exists=lambda ids: set(ids) & set(folders[missing:]), older_than=HOUR)
    assert ShredSecret.objects.count() == 20


@pytest.mark.django_db
def test_a_sweep_deletes_old_secrets_without_a_folder_and_nothing_else(monkeypatch):
    monkeypatch.setattr(secrets, "BATCH", 2)
    kept, orphan, second, young = (uuid7() for _ in range(4))
    for folder in (kept, orphan, second, young):
        secrets.create(folder)
    others = stored(37)
    backdate(kept, orphan, second, *others, by=2 * HOUR)
    asked = []
    there = {kept, *others}
    swept = secrets.sweep_orphans(exists=lambda ids: asked.extend(ids) or there & set(ids), older_than=HOUR)
    assert swept == 2
    assert sorted(asked) == sorted([kept, orphan, second, *others])
    assert set(secrets.secrets([kept, orphan, second, young])) == {kept, young}


@pytest.mark.django_db
def test_a_sweep_never_takes_the_secret_of_a_folder_being_written():
    with pytest.raises(ValueError, match="an hour"):
        secrets.sweep_orphans(exists=lambda ids: (), older_than=timedelta(minutes=59))


def test_shred_secrets_and_nothing_else_go_to_their_own_database():
    router = ShredRouter()
    assert router.db_for_write(ShredSecret) == "shred"
    assert router.allow_migrate("shred", "shred")
    assert not router.allow_migrate("default", "shred")
    assert not router.allow_migrate("shred", "vault")
