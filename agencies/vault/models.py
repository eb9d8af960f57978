"""The keys and secrets of agencies. Private halves stand here sealed by the KMS, never in the clear."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, Membership, one_of
from audit.uuid7 import uuid7

from .purposes import LENT, KeyPurpose
from .signatures import ES256
from .suites import SUITES


class KeyState(models.TextChoices):
    """What a key may still do."""

    ACTIVE = "active"
    RETIRED = "retired"  # opens and verifies, is never sealed to again
    DESTROYED = "destroyed"  # its private half is gone; what it signed still verifies


class SecretKind(models.TextChoices):
    """What an agency's keyed hashes are for."""

    BLIND = "blind"
    IDEMPOTENCY = "idempotency"


class AgencyKey(models.Model):
    """One key pair of one agency for one purpose; a new epoch replaces it. Signed by the network root.

    ``suite`` is a number of ``suites.SUITES``, or ``ES256`` for the signing key.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="keys")
    purpose = models.CharField(max_length=10)
    epoch = models.PositiveIntegerField()
    suite = models.PositiveSmallIntegerField()
    public = models.BinaryField()
    private_sealed = models.BinaryField()
    state = models.CharField(max_length=10, default=KeyState.ACTIVE.value)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    root_signature = models.BinaryField()

    class Meta:
        constraints = [
            one_of("purpose", KeyPurpose),
            one_of("state", KeyState),
            models.CheckConstraint(
                condition=Q(purpose=KeyPurpose.SYSTEM.value, suite=ES256)
                | (~Q(purpose=KeyPurpose.SYSTEM.value) & Q(suite__in=list(SUITES))),
                name="key_suite_fits_purpose",
            ),
            models.CheckConstraint(
                condition=Q(state=KeyState.DESTROYED.value, private_sealed=b"")
                | (~Q(state=KeyState.DESTROYED.value) & ~Q(private_sealed=b"")),
                name="destroyed_key_has_no_private_half",
            ),
            models.UniqueConstraint(fields=["agency", "purpose", "epoch"], name="key_once_per_epoch"),
            models.UniqueConstraint(
                fields=["agency", "purpose"],
                condition=Q(state=KeyState.ACTIVE.value),
                name="one_active_key_per_purpose",
            ),
        ]


class AgencySecret(models.Model):
    """A 32-byte secret for one agency's keyed hashes. It never changes: stored hashes would lose their meaning."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="secrets")
    kind = models.CharField(max_length=12)
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            one_of("kind", SecretKind),
            models.UniqueConstraint(fields=["agency", "kind"], name="secret_once_per_agency"),
        ]


class KeyLoan(models.Model):
    """One member may have what is wrapped to one purpose of the agency's keys opened: of one folder, until a time.

    Rows are kept when they end. What gives one is two people's business (``referrals.desk``); the keyring asks it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    folder_id = models.UUIDField()
    purpose = models.CharField(max_length=10)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["membership", "folder_id", "until"], name="key_loan_lookup")]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=sorted({each.value for lent in LENT.values() for each in lent})),
                name="key_loan_purpose_is_lent",
            ),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="key_loan_ends"),
        ]


class InstallationMark(models.Model):
    """Which installation this database belongs to: the shred store carries the same (``vault/installation.py``)."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.UUIDField(editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(number=1), name="installation_marked_once")]
