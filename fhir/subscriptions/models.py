"""Who is to be told of what, and what happened for them. Rows are the truth; the queue only rings.

Neither holds anything of a client: ids, codes and times, as the subscriber's agency is shown them.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from agencies.models import Agency, Membership, one_of
from audit.uuid7 import uuid7

from .kinds import Content, Status


class Subscription(models.Model):
    """What one client asked to be told of; FHIR Subscription. It belongs to ``membership``, and to nobody else.

    ``body`` is what was sent, without secrets; ``sealed_headers`` are those. ``counted`` is the number of the newest
    event, ``told`` that of the newest one delivered. ``due_at``: when it is next to be tried, or to beat.
    ``failing_since``: no notification has been taken since. ``leased_until``: a process has it, marked ``lease``; one
    took it last at ``claimed_at``.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=120)
    query = models.JSONField()
    content = models.CharField(max_length=8)
    endpoint = models.CharField(max_length=400)
    sealed_headers = models.BinaryField(default=b"")
    body = models.TextField()
    heartbeat = models.PositiveIntegerField(null=True)
    most = models.PositiveSmallIntegerField()
    ends_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, default=Status.REQUESTED.value)
    problem = models.CharField(max_length=20, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)
    counted = models.PositiveBigIntegerField(default=0)
    told = models.PositiveBigIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["agency"], name="subscription_live", condition=Q(deleted_at=None)),
            models.Index(fields=["membership"], name="subscription_of_client"),
        ]
        constraints = [
            one_of("status", Status),
            one_of("content", Content),
            models.CheckConstraint(condition=Q(told__lte=models.F("counted")), name="subscription_told_what_happened"),
        ]


class SubscriptionEvent(models.Model):
    """One change of which a subscription is to tell, written with it. It gets its ``number`` when it is first to go.

    ``focus`` is the id of what changed; it refers to nothing here, so that no purge waits for a subscriber. ``at`` is
    when it happened, as the subscriber's agency is shown it; ``held_until`` when it is first told at all, ``None`` for
    at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveBigIntegerField(null=True)
    type = models.CharField(max_length=32)
    focus = models.UUIDField()
    referral_id = models.UUIDField()
    created = models.BooleanField()
    at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    written_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["subscription", "id"], name="subscription_event_new", condition=Q(number=None)),
            models.Index(fields=["written_at"], name="subscription_event_age"),
        ]
        constraints = [models.UniqueConstraint(fields=["subscription", "number"], name="event_number_once")]
