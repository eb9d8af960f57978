"""Damage done to a copy stays in the copy, and the copy can be damaged where the original refuses."""

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction

from agencies.vault.shred.models import ShredSecret
from audit import log
from audit.models import AuditEvent
from audit.uuid7 import uuid7
from bhu.demo.copies import standing_in

pytestmark = pytest.mark.usefixtures("own_database")


def edit() -> int:
    """Rewrite every event; how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_event SET actor = 'Membership/forged'")
        return int(cursor.rowcount)


def test_the_copy_holds_both_databases_and_what_is_written_to_it_is_gone_with_it() -> None:
    Group.objects.create(name="here")
    ShredSecret(folder_id=uuid7(), secret=b"sealed").save()
    with standing_in():
        Group.objects.create(name="only in the copy")
        ShredSecret(folder_id=uuid7(), secret=b"too").save()
        assert (Group.objects.count(), ShredSecret.objects.count()) == (2, 2)
    assert [group.name for group in Group.objects.all()] == ["here"]
    assert [bytes(row.secret) for row in ShredSecret.objects.all()] == [b"sealed"]


def test_the_log_can_be_rewritten_in_the_copy_and_not_in_the_original() -> None:
    log.record(action="demo.try", target="Agency/one", actor="System/setup")
    with standing_in():
        assert edit() == 1
        assert AuditEvent.objects.get().actor == "Membership/forged"
    with pytest.raises(DatabaseError, match="append-only"):
        edit()
    assert AuditEvent.objects.get().actor == "System/setup"
