"""Who covers whom, when, on which agreement, by whose word."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agencies.hours import ALL_DAYS
from agencies.models import Agency, Agreement, Membership, known_time_zone
from audit.uuid7 import uuid7


class Coverage(models.Model):
    """``covering`` takes what is newly sent to ``covered``, at these hours by the clock of ``time_zone``.

    ``days`` are the weekdays a turn begins on, as bits from Monday on; ``since`` and ``until`` the first and the last
    day a turn begins on. Entered by the covered agency; nothing is sent by it before the covering one has confirmed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    covered = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="covered_by")
    covering = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="covers")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    time_zone = models.CharField(max_length=40, validators=[known_time_zone])
    days = models.PositiveSmallIntegerField(default=ALL_DAYS)
    begins = models.TimeField()
    ends = models.TimeField()
    since = models.DateField()
    until = models.DateField(null=True)
    entered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["covered"], name="coverage_now", condition=Q(ended_at=None, confirmed_at__isnull=False)
            )
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(covered=F("covering")), name="nobody_covers_itself"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="coverage_has_a_day"),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=ALL_DAYS), name="coverage_has_a_weekday"),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="coverage_confirmed_by_somebody",
            ),
        ]
