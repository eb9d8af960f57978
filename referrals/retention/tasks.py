"""Background jobs: thin doors. Rows are the truth, so a lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from audit.work import job
from referrals.retention.services import shredding


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def purge() -> None:
    """Delete what is due, approved, exported and not held; so many at once, the rest at the next ring."""
    with job("referrals.retention.purge"):
        shredding.purge(at=timezone.now())
