"""Forms that are not finished."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from agencies.models import Agency, Membership
from agencies.vault.models import AgencyKey

LASTS = timedelta(days=7)


class Draft(models.Model):
    """What one member typed into one form. Once it is sent it holds nothing but which referral it became."""

    id = models.UUIDField(primary_key=True, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=20)
    version = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    key = models.ForeignKey(AgencyKey, on_delete=models.PROTECT, related_name="+")
    wrapped = models.BinaryField()
    sealed = models.BinaryField()
    referral_id = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["membership", "form", "began_at"], name="draft_of_its_author"),
            models.Index(fields=["expires_at"], name="draft_expires"),
            models.Index(fields=["referral_id"], name="draft_sent_as", condition=Q(referral_id__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(referral_id=None) & ~Q(sealed=b"") | Q(referral_id__isnull=False, sealed=b"", wrapped=b""),
                name="sent_draft_holds_nothing",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("began_at")), name="draft_lasts"),
        ]

    @property
    def target(self) -> str:
        """What the log calls this row."""
        return f"Draft/{self.id}"
