"""Background jobs: thin doors. Rows are the truth, so a lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from audit.door import opened

from . import links


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Drop what is sealed for links that are over."""
    with opened(door="worker"):
        links.forget_expired(at=timezone.now())
