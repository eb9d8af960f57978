"""Which task went to who covers, and whom to ask next if nobody answers: ids and codes, nothing of the client."""

from django.db import models

from agencies.coverage.models import Coverage
from agencies.models import Agency, Membership, one_of
from audit.uuid7 import uuid7
from referrals.models import Referral, ReferralTask


class Routed(models.Model):
    """A task that was put to who covers an agency that was picked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.ForeignKey(ReferralTask, on_delete=models.PROTECT, related_name="routed")
    coverage = models.ForeignKey(Coverage, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "routed"
        constraints = [models.UniqueConstraint(fields=["task", "coverage"], name="routed_once")]


class Stand(models.TextChoices):
    """How one who is to be asked next stands. ``refused``: the gate let it not go there; ``code`` says why."""

    WAITING = "waiting"
    ASKED = "asked"
    REFUSED = "refused"


class Following(models.Model):
    """Whom to ask if nobody answers ``first``: said when it was sent, by ``membership``; ``place`` 1 is asked first.

    ``task`` is the one that was made.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="following")
    first = models.ForeignKey(ReferralTask, on_delete=models.PROTECT, related_name="following")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    place = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, default=Stand.WAITING.value)
    code = models.CharField(max_length=40, blank=True)
    task = models.OneToOneField(ReferralTask, null=True, on_delete=models.PROTECT, related_name="asked_as_next")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "following"
        indexes = [
            models.Index(
                fields=["first", "place"], name="following_waiting", condition=models.Q(status=Stand.WAITING.value)
            )
        ]
        constraints = [
            one_of("status", Stand),
            models.UniqueConstraint(fields=["first", "place"], name="one_in_each_place"),
            models.UniqueConstraint(fields=["first", "agency"], name="following_once"),
        ]
