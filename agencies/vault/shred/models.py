"""One row per folder: deleting it makes every copy of its sections, backups included, unreadable. And the mark."""

from django.db import models
from django.utils import timezone


class ShredSecret(models.Model):
    """A folder's 32-byte shred secret, sealed by the KMS."""

    folder_id = models.UUIDField(primary_key=True, editable=False)
    secret = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)


class StoreMark(models.Model):
    """Which installation this store belongs to (``agencies.vault.installation``); one row."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1)
    mark = models.UUIDField(editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(number=1), name="store_marked_once")]
