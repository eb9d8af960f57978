"""The one table of the composition root: the mark that says a database holds invented people only."""

from django.db import models
from django.db.models import Q
from django.utils import timezone


class DemoMark(models.Model):
    """Written with the demo network, in the same transaction. ``demo_reset`` drops no database without it.

    Its history ends at ``loaded_at``; ``begun`` of its ``planned`` referrals are there, or being made.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    loaded_at = models.DateTimeField(default=timezone.now, editable=False)
    planned = models.PositiveIntegerField(default=0)
    begun = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_demo_mark")]
