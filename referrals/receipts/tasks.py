"""Background jobs: thin doors. Rows are the truth, so a lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from audit.work import job

from . import tries


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Drop counts of tries whose hour is over."""
    with job("referrals.receipts.sweep") as work:
        work.did(tries.forget_over(at=timezone.now()))
