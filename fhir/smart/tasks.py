"""Background jobs of this app: thin doors."""

import time

from celery import shared_task
from django.utils import timezone

from audit.work import job

from .authenticating import forget_spent
from .counting import forget_counts
from .tokens import forget_tokens


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Delete assertions that nobody would take any more, minutes that are over, tokens long expired."""
    with job("fhir.smart.sweep") as work:
        work.did(forget_spent(now=timezone.now()))
        work.did(forget_counts(now=int(time.time())))
        work.did(forget_tokens(now=timezone.now()))
