"""Acts that wait for their hour."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.models import Membership, one_of
from audit.uuid7 import uuid7
from referrals.models import Referral


class Outcome(models.TextChoices):
    """How a waiting act stands. ``taken``: somebody is doing it.

    ``blocked_consent``: the client's consent did not stand any more when it was due."""

    QUEUED = "queued"
    TAKEN = "taken"
    DONE = "done"
    BLOCKED_CONSENT = "blocked_consent"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


WAITING = (Outcome.QUEUED.value, Outcome.TAKEN.value)


class QueuedAct(models.Model):
    """One act to be done as somebody, not before its time: ids and codes only, nothing of the client."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=20)
    parameters = models.JSONField()
    not_before = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=20, default=Outcome.QUEUED.value)
    code = models.CharField(max_length=40, blank=True)
    taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["not_before"], name="queued_due", condition=Q(status__in=WAITING)),
        ]
        constraints = [one_of("status", Outcome)]
