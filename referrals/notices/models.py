"""What becomes of a notice: who it goes to and how, each attempt, and what people and agencies have said of it."""

from datetime import time

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.coverage.models import Coverage
from agencies.hours import ALL_DAYS
from agencies.models import Agency, Membership, User, one_of
from audit.uuid7 import uuid7
from referrals.models import Notice, Referral, ReferralTask

from .kinds import Channel, Status, Wish


class Webhook(models.Model):
    """Where an agency's own system hears of notices. The secret that signs them is sealed by the key service."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=400)
    sealed_secret = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)


class Delivery(models.Model):
    """One notice to one recipient by one channel; ``to`` is the id of that membership, webhook or agency (its mailbox).

    ``leased_until``: a process has it until then; ``lease`` is that process's own mark. ``gives_up_at`` is when it is
    no longer tried for. ``seen_at``: the recipient saw it on the list of notices.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    referral = models.ForeignKey(Referral, null=True, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    webhook = models.ForeignKey(Webhook, null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8)
    to = models.UUIDField()
    urgent = models.BooleanField()
    status = models.CharField(max_length=8, default=Status.WAITING.value)
    problem = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField()
    gives_up_at = models.DateTimeField()
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    faults = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["channel", "due_at"], name="delivery_due", condition=Q(status=Status.WAITING.value)),
            models.Index(fields=["agency"], name="delivery_dead", condition=Q(status=Status.DEAD.value)),
            models.Index(
                fields=["membership"],
                name="delivery_unseen",
                condition=Q(channel=Channel.PAGE.value, seen_at=None),
            ),
            models.Index(fields=["membership", "-created_at"], name="delivery_list"),
            models.Index(fields=["referral", "channel", "to", "notice"], name="delivery_order"),
        ]
        constraints = [
            one_of("channel", Channel),
            one_of("status", Status),
            models.UniqueConstraint(fields=["notice", "channel", "to"], name="told_once_by_each_channel"),
        ]


class Attempt(models.Model):
    """One try to send a delivery, written before it is made. Without an end, the process ended first."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_once")]


class Preference(models.Model):
    """How one person wants to hear of notices, in all their places. "" for ``mail``: as their agency's way is."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="notice_preference")
    mail = models.CharField(max_length=6, blank=True)
    text = models.CharField(max_length=6, default=Wish.NONE.value)
    phone = models.CharField(max_length=20, blank=True)
    quiet_begins = models.TimeField(null=True)
    quiet_ends = models.TimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_begins=None, quiet_ends=None)
                | Q(quiet_begins__isnull=False, quiet_ends__isnull=False),
                name="quiet_hours_have_two_ends",
            )
        ]


class Reach(models.Model):
    """How an agency is reached and when it works: its shared mailbox, its hours; the days as bits from Monday on."""

    agency = models.OneToOneField(Agency, on_delete=models.CASCADE, related_name="reach")
    mailbox = models.EmailField(blank=True)
    days = models.PositiveSmallIntegerField(default=0b0011111)
    opens = models.TimeField(default=time(8))
    closes = models.TimeField(default=time(17))

    class Meta:
        verbose_name_plural = "reaches"
        constraints = [models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="opens_before_it_closes")]


class AgencyTimer(models.Model):
    """An agency's own limit in place of the network's: for one rung of the ladder at one urgency, in minutes."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="timers")
    rung = models.CharField(max_length=12)
    urgency = models.CharField(max_length=8)
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "rung", "urgency"], name="timer_once"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="timer_is_some_time"),
        ]


class Shift(models.Model):
    """Somebody's place on an agency's on-call rota (``oncall.Turn``)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="shifts")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="shifts")
    place = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField(default=ALL_DAYS)
    begins = models.TimeField()
    ends = models.TimeField()


class Acknowledgement(models.Model):
    """Somebody of the agency that was asked said "we have it". It answers nothing; a decision is the answer."""

    task = models.OneToOneField(ReferralTask, on_delete=models.PROTECT, related_name="acknowledgement")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class Call(models.Model):
    """One step of the ladder over a task that was taken: whoever it fell to was told, once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.ForeignKey(ReferralTask, on_delete=models.PROTECT, related_name="calls")
    rung = models.CharField(max_length=12)
    level = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20)
    membership = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    notice = models.OneToOneField(Notice, null=True, on_delete=models.SET_NULL, related_name="call")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "rung", "level"], name="called_once")]


class CoverAsked(models.Model):
    """The agency that is to cover another was told that this coverage waits for it, once."""

    coverage = models.OneToOneField(Coverage, on_delete=models.PROTECT, related_name="+")
    notice = models.OneToOneField(Notice, null=True, on_delete=models.SET_NULL, related_name="cover_asked")
    at = models.DateTimeField(default=timezone.now)
