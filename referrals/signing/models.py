"""Links by which a client signs, and yeses that were only spoken. Columns hold ids, codes and times.

What a link shows stands in ``sealed``, under a key that is the link itself: no row holds it.
"""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.models import Agency, Membership, one_of
from audit.uuid7 import uuid7
from referrals.models import Referral
from referrals.policy.terms import Method

TRIES = 5


class State(models.TextChoices):
    """How a link stands."""

    WAITING = "waiting"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class SigningRequest(models.Model):
    """One link to sign one paper once. ``tries`` counts codes that are being tried or were wrong."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    paper = models.CharField(max_length=40)
    method = models.CharField(max_length=10)
    token_hash = models.CharField(max_length=64, unique=True)
    code_hash = models.CharField(max_length=200)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=State.WAITING.value)
    ended_at = models.DateTimeField(null=True)
    consent = models.UUIDField(null=True)
    sealed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["referral", "agency"], name="signing_request_list")]
        constraints = [
            one_of("state", State),
            one_of("method", Method),
            models.CheckConstraint(condition=Q(tries__lte=TRIES), name="signing_request_tries_counted"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="signing_request_lasts"),
            models.CheckConstraint(
                condition=Q(state=State.WAITING.value, ended_at=None)
                | (~Q(state=State.WAITING.value) & Q(ended_at__isnull=False, sealed=b"")),
                name="signing_request_ended_whole",
            ),
            models.CheckConstraint(
                condition=Q(state=State.SIGNED.value, consent__isnull=False)
                | (~Q(state=State.SIGNED.value) & Q(consent=None)),
                name="signing_request_signed_is_a_consent",
            ),
        ]

    @property
    def target(self) -> str:
        """What the log calls this link, and whoever holds it."""
        return f"SigningRequest/{self.id}"


class OralYes(models.Model):
    """A client said yes and has not signed: a to-do, and no ground for anything by itself (R-P2-05).

    It ends when the paper is signed (``consent`` names it), or when somebody says that it will not be.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership_id = models.UUIDField()
    paper = models.CharField(max_length=40)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)
    consent = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["referral", "agency"], name="oral_yes_open", condition=Q(ended_at=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(consent=None) | Q(ended_at__isnull=False), name="oral_yes_ends_when_signed"
            )
        ]

    @property
    def target(self) -> str:
        """What the log calls it."""
        return f"OralYes/{self.id}"
