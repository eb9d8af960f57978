"""Background jobs of this app: thin doors."""

import time

from celery import shared_task
from django.utils import timezone

from audit.door import opened

from .authenticating import forget_spent
from .counting import forget_counts
from .tokens import forget_tokens


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Delete assertions that nobody would take any more, minutes that are over, tokens long expired."""
    with opened(door="worker"):
        forget_spent(now=timezone.now())
        forget_counts(now=int(time.time()))
        forget_tokens(now=timezone.now())
