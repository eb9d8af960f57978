"""Asking what is due, and being refused."""

from typing import Any
from uuid import UUID

import pytest

from agencies.vault.shred.models import ShredSecret
from audit.models import AuditEvent
from referrals.errors import Refused
from referrals.retention.models import Certificate
from referrals.retention.services.listing import due_list
from referrals.retention.services.shredding import shred
from referrals.services import chain
from tests.retention.archive import BORN, Archive

NO_DIGEST = "0" * 64


def due_of(archive: Archive, **more: Any) -> list[UUID]:
    """What the police's list calls due."""
    return [row.referral_id for row in due_list(archive.privacy, **more).due]


def events(referral: UUID, action: str) -> list[tuple[str, str, str]]:
    """Actor, outcome and code of what was done to it, oldest first."""
    found = AuditEvent.objects.filter(target=chain.target(referral), action=action).order_by("id")
    return list(found.values_list("actor", "outcome", "code"))


def refused(archive: Archive, referral: UUID, code: str, **given: Any) -> None:
    """Fail unless deleting is refused with ``code``, recorded, and nothing is gone."""
    with pytest.raises(Refused) as refusal:
        shred(archive.privacy, **{"referral_id": referral, "digest": NO_DIGEST, "born": BORN} | given)
    assert refusal.value.code == code
    assert events(referral, "retention.shred")[-1] == (archive.privacy.name, "4", code)
    assert ShredSecret.objects.filter(pk=referral).exists()
    assert not Certificate.objects.exists()
