"""What an act writes beside the referral: a row of the ledger, a notice, the key it was done under."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.kinds import Purpose
from agencies.models import Agency, one_of
from audit.uuid7 import uuid7
from referrals.policy.bases import Basis

from .referral import Referral, ReferralTask


class Disclosure(models.Model):
    """One row of the ledger: what crossed from one agency to another, when, why and on what basis.

    ``manifest`` is the number of the signed entry it stands in: what it gave were the versions there by then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="disclosures")
    discloser = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    recipient_name = models.CharField(max_length=120)
    recipient_address = models.CharField(max_length=200, blank=True)
    membership_id = models.UUIDField()
    mask = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=20)
    purpose = models.CharField(max_length=10)
    consent = models.UUIDField(null=True)
    consent_version = models.PositiveIntegerField(null=True)
    notice_version = models.CharField(max_length=20, blank=True)
    manifest = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [one_of("basis", Basis), one_of("purpose", Purpose)]


class Notice(models.Model):
    """ "Tell this agency that ...": written with the change, sent later. A code, never words about a client.

    ``role`` is for whom in that agency, "" for whoever works on it; without one there is a referral it is about.
    ``addressed_at``: since then there is a row for each recipient (``referrals.notices``); until then it waits to be.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="notices")
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(ReferralTask, null=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20)
    role = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    addressed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="notice_unaddressed", condition=Q(addressed_at=None))]
        constraints = [
            models.CheckConstraint(condition=Q(referral__isnull=False) | ~Q(role=""), name="notice_is_for_somebody")
        ]


class Idempotency(models.Model):
    """A key an agency gave with an act, and what came of it; kept 30 days."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=128)
    digest = models.BinaryField(max_length=32)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]
        constraints = [models.UniqueConstraint(fields=["agency", "key"], name="key_once_per_agency")]
