"""What a Consent lets through, version by version, and what a client asked to have restricted."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, one_of
from audit.uuid7 import uuid7
from referrals.models import Folder, Referral
from referrals.policy.terms import Standing


class ConsentTerms(models.Model):
    """What one Consent lets through from one act on. ``terms`` are the bytes signed into the referral's chain."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    folder = models.ForeignKey(Folder, on_delete=models.PROTECT, related_name="+")
    consent = models.UUIDField()
    version = models.PositiveIntegerField()
    standing = models.CharField(max_length=10)
    terms = models.BinaryField()
    until = models.DateTimeField(null=True)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["folder", "id"], name="consent_terms_folder")]
        constraints = [one_of("standing", Standing)]


class Restriction(models.Model):
    """A client's request to restrict a referral (42 CFR 2.26); while it is open nothing of it crosses a boundary."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="restrictions")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    reviewed_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    agreed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewed_at=None, reviewed_by=None, agreed=None)
                | Q(reviewed_at__gte=F("asked_at"), reviewed_by__isnull=False, agreed__isnull=False),
                name="restriction_reviewed_whole",
            )
        ]

    @property
    def stands(self) -> bool:
        """Whether it waits for its review, or was agreed to."""
        return self.agreed is not False
