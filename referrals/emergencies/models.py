"""Every time something was opened in an emergency: who, for whom, why, until when, and whether it was documented."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, one_of
from audit.uuid7 import uuid7
from referrals.legal.models import SealedRow
from referrals.models import Referral

from .natures import Nature


class EmergencyAccess(models.Model):
    """One opening. Discloser and time are its own; the words that documented it are an ``EmergencyWords``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="emergencies")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    recipient = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    nature = models.CharField(max_length=20)
    mask = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateTimeField()
    words_due = models.DateTimeField()
    review_due = models.DateTimeField()
    documented_at = models.DateTimeField(null=True)
    documented_by = models.UUIDField(null=True)
    escalated_at = models.DateTimeField(null=True)
    pressed_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.UUIDField(null=True)
    justified = models.BooleanField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["words_due"], name="emergency_undocumented", condition=Q(documented_at=None, escalated_at=None)
            ),
            models.Index(fields=["agency", "review_due"], name="emergency_to_review", condition=Q(reviewed_at=None)),
        ]
        constraints = [
            one_of("nature", Nature),
            models.CheckConstraint(condition=Q(until__gt=F("opened_at")), name="emergency_ends"),
            models.CheckConstraint(
                condition=Q(documented_at=None, documented_by=None)
                | Q(documented_at__isnull=False, documented_by__isnull=False),
                name="emergency_documented_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None, justified=None)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False, justified__isnull=False),
                name="emergency_reviewed_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("membership_id")), name="emergency_second_person"
            ),
        ]


class EmergencyWords(SealedRow):
    """Who received it, and what the emergency was: sealed to the discloser's clinicians and privacy officers."""

    FURTHER = "access_id"

    access = models.OneToOneField(EmergencyAccess, on_delete=models.PROTECT, related_name="words")
