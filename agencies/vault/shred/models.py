"""One row per folder. Deleting it makes every copy of the folder's sections, backups included, unreadable."""

from django.db import models
from django.utils import timezone


class ShredSecret(models.Model):
    """A folder's 32-byte shred secret, sealed by the KMS."""

    folder_id = models.UUIDField(primary_key=True, editable=False)
    secret = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
