"""What all processes must know of people signed in: how long each session was idle, tries, codes already used."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from agencies.models import Agency


class Sitting(models.Model):
    """One session of a person who is signed in, from signing in to signing out.

    Beside the session and not in it: a session is written whole, so a page that loads slowly would undo a lock.
    ``acknowledged_at``: the notice about the use of this system was read.
    """

    session_key = models.CharField(primary_key=True, max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    idle_minutes = models.PositiveSmallIntegerField()
    locked = models.BooleanField(default=False)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["began_at"], name="sitting_over")]

    @property
    def idle_seconds(self) -> int:
        """After how many seconds without work it locks."""
        return self.idle_minutes * 60


class Tries(models.Model):
    """How often one thing was tried since when; counted in one statement. ``bucket`` is a keyed hash."""

    bucket = models.CharField(primary_key=True, max_length=64)
    count = models.PositiveSmallIntegerField()
    until = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="signin_tries_over")]


class Spent(models.Model):
    """A one-time code that was used: no process takes it again while it would still be right."""

    code = models.CharField(primary_key=True, max_length=64)
    until = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="signin_spent_over")]


class SingleSignOn(models.Model):
    """An agency's own directory that vouches for its members. ``sealed`` is our secret with it."""

    agency = models.OneToOneField(Agency, primary_key=True, on_delete=models.PROTECT, related_name="+")
    issuer = models.URLField()
    client_id = models.CharField(max_length=190)
    sealed = models.BinaryField()
    is_active = models.BooleanField(default=True)
