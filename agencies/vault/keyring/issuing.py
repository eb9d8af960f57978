"""Making, replacing and destroying an agency's keys."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agencies.vault import kms, p256, roots, suites
from agencies.vault.errors import CannotOpen
from agencies.vault.models import AgencyKey, AgencySecret, KeyState, SecretKind
from agencies.vault.purposes import KeyPurpose
from agencies.vault.seal import new_key
from agencies.vault.signatures import ES256

from .memory import drop
from .tokens import secret_aad
from .unsealed import private_aad

SETTLED = timedelta(minutes=5)


@transaction.atomic
def create_keys(agency_id: UUID) -> None:
    """The first key of every purpose, signed by the network root, and the secrets of the agency's keyed hashes.

    Raises ``IntegrityError`` if the agency has keys.
    """
    AgencyKey.objects.bulk_create(_new(agency_id, purpose, epoch=1) for purpose in KeyPurpose)
    AgencySecret.objects.bulk_create(
        AgencySecret(agency_id=agency_id, kind=kind.value, sealed=kms.seal(new_key(), secret_aad(agency_id, kind)))
        for kind in SecretKind
    )


@transaction.atomic
def complete_keys(agency_id: UUID) -> None:
    """First keys for the purposes that this software has come to know since the agency's keys were made.

    The keys it has stay as they are; an agency without any gets none. Safe to run twice and at once.
    """
    has = set(AgencyKey.objects.filter(agency_id=agency_id).values_list("purpose", flat=True))
    missing = [purpose for purpose in KeyPurpose if purpose.value not in has] if has else []
    AgencyKey.objects.bulk_create((_new(agency_id, purpose, epoch=1) for purpose in missing), ignore_conflicts=True)


@transaction.atomic
def rotate(agency_id: UUID, purpose: KeyPurpose) -> AgencyKey:
    """The next epoch's key, active; the one before opens or verifies from now on and nothing else.

    What was wrapped to the old key is not touched: ``rewrap`` it, then ``destroy`` the old key.
    Raises ``AgencyKey.DoesNotExist`` for an agency without keys.
    """
    old = AgencyKey.objects.select_for_update(no_key=True).get(
        agency_id=agency_id, purpose=purpose.value, state=KeyState.ACTIVE.value
    )
    old.state = KeyState.RETIRED.value
    old.save(update_fields=["state"])
    key = _new(agency_id, purpose, epoch=old.epoch + 1)
    key.save(force_insert=True)
    drop("active", (agency_id, purpose))
    return key


@transaction.atomic
def destroy(key_id: UUID) -> None:
    """Delete a retired key's private half: whatever is still wrapped to it never opens again.

    Raises ``CannotOpen`` for a key that is not retired, or was within the last five minutes: a process that has not
    heard of its successor may still be sealing to it, and what it sealed needs ``rewrap`` too.
    """
    key = AgencyKey.objects.select_for_update(no_key=True).filter(pk=key_id, state=KeyState.RETIRED.value).first()
    if key is None or not _settled(key):
        raise CannotOpen
    key.state, key.private_sealed = KeyState.DESTROYED.value, b""
    key.save(update_fields=["state", "private_sealed"])
    drop("row", key_id)
    drop("private", key_id)


def _settled(key: AgencyKey) -> bool:
    """Whether every process knows the key's successor by now."""
    newer = AgencyKey.objects.filter(agency_id=key.agency_id, purpose=key.purpose, epoch=key.epoch + 1)
    return newer.filter(created_at__lte=timezone.now() - SETTLED).exists()


def _new(agency_id: UUID, purpose: KeyPurpose, *, epoch: int) -> AgencyKey:
    if purpose is KeyPurpose.SYSTEM:
        number, raw = ES256, p256.generate()
        public = p256.public_bytes(raw)
    else:
        suite = suites.SUITES[settings.BHU_SUITE]
        number, raw = suite.number, suite.generate()
        public = suite.public_bytes(raw)
    row = AgencyKey(agency_id=agency_id, purpose=purpose.value, epoch=epoch, suite=number, public=public)
    row.private_sealed = kms.seal(raw, private_aad(row))
    row.root_signature = roots.sign_row(row)
    return row
