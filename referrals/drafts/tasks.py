"""Background jobs: thin doors. Rows are the truth, so a lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from audit.work import job

from . import services


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def expire() -> None:
    """Delete drafts that nobody sent within seven days."""
    with job("referrals.drafts.expire") as work:
        work.did(services.expire(at=timezone.now()))
