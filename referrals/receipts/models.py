"""What is kept back from a client's accounting for a while, slips of the receipt book, and tries at their PINs."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency
from audit.uuid7 import uuid7
from referrals.models import Disclosure, Referral

TRIES = 5


class Suspension(models.Model):
    """The police asked that one disclosure to them be kept from the client's accounting until a time (R-H-05).

    Rows add up: a disclosure is shown when none of its suspensions lasts any more. ``written``: there is a statement;
    what was only said lasts 30 days at most.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    disclosure = models.ForeignKey(Disclosure, on_delete=models.PROTECT, related_name="suspensions")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    written = models.BooleanField()
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("recorded_at")), name="suspension_ends_after_it_began")
        ]

    @property
    def target(self) -> str:
        """What the log calls it."""
        return f"Suspension/{self.id}"


class Slip(models.Model):
    """A code and a PIN, given to a client, that open the receipt book of one referral. Both are kept as hashes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    code_hash = models.CharField(max_length=64, unique=True)
    pin_hash = models.CharField(max_length=200)
    safe_to_message = models.BooleanField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["referral", "agency"], name="slip_list")]
        constraints = [models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="slip_lasts")]

    @property
    def target(self) -> str:
        """What the log calls this slip, and whoever holds it."""
        return f"Slip/{self.id}"


class PinTries(models.Model):
    """How often one code was tried since when, whether there is such a slip or not; counted in one statement."""

    code_hash = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveSmallIntegerField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="pin_tries_over")]
