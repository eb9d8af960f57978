"""Deleted is deleted: a restored backup of everything but the shred store opens nothing of it."""

import shutil
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections

from agencies.vault import keyring
from referrals.blind import by_name
from referrals.errors import Denied, Refused
from referrals.opening import open_referral
from referrals.retention.models import Certificate
from referrals.retention.services.listing import due_list
from referrals.retention.services.shredding import shred
from referrals.services import clients
from tests.databases import OwnDatabase, Pair
from tests.retention.archive import (
    AUTHORITY,
    BORN,
    Archive,
    approve_all,
    closed,
    eight_years_on,
    export_of,
    log_verifies,
    make_archive,
)

OTTILIE = by_name(family="Zwillinger", given="Ottilie", born="2007-05-11")


def backed_up(own: OwnDatabase, name: str) -> Pair:
    """A copy of the whole installation: both databases, by file or by template, and the folder with the keys."""
    connections.close_all()
    shutil.copytree(settings.VAR_DIR, own.var.parent / name)
    return own.pair.copy(f"{own.pair.name}_{name}")


def restored(own: OwnDatabase, backup: Pair, *, databases: int) -> None:
    """Put the backup's main database back (1), or the shred store, too (2): which nobody may."""
    connections.close_all()
    for ours, theirs in list(zip(own.pair.names, backup.names, strict=True))[:databases]:
        own.pair.engine.drop(ours)
        own.pair.engine.copy(theirs, ours)
    keyring.forget()


def test_a_restored_backup_opens_nothing_that_was_deleted_since(own_database: OwnDatabase) -> None:
    archive = make_archive()
    clinician = archive.county.clinician
    referral, neighbour = closed(archive), closed(archive, case="2")
    approve_all(archive)
    backup = backed_up(own_database, "before")
    try:
        with eight_years_on():
            digest, _file = export_of(archive, referral)
            shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)
            assert log_verifies()
            restored(own_database, backup, databases=1)
            assert not Certificate.objects.exists()
            for actor in (clinician, archive.county.officer, archive.keeper):
                with pytest.raises(Refused):
                    open_referral(actor, referral)
            assert open_referral(clinician, neighbour).sections
            assert log_verifies()
            delete_again(archive, referral, neighbour, digest)
            restored(own_database, backup, databases=2)  # only to show that it is the shred store that forgets
            assert open_referral(clinician, referral).sections
    finally:
        connections.close_all()
        backup.drop()


def delete_again(archive: Archive, referral: UUID, neighbour: UUID, digest: str) -> None:
    """The restored rows lead to the client again: the list says so, and deleting once more mends it."""
    assert clients.find(archive.county.clinician, OTTILIE)
    row, other = due_list(archive.privacy, born={referral: BORN, neighbour: BORN}).due
    assert (row.referral_id, row.standing, row.export, other.standing) == (referral, "gone", "missing", "due")
    with pytest.raises(Refused) as refusal:
        shred(archive.privacy, referral_id=referral, digest="", born=BORN)
    assert refusal.value.code == "EXPORT_MISSING"
    again = shred(archive.privacy, referral_id=referral, digest=digest, born=BORN)
    assert (again.export_digest, again.authority) == (digest, AUTHORITY)
    assert clients.find(archive.county.clinician, OTTILIE) == []
    with pytest.raises(Denied):
        open_referral(archive.county.clinician, referral)
