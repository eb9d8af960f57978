"""Background jobs: thin doors. Rows are the truth, so a lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from audit.work import job

from . import links


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Drop what is sealed for links that are over."""
    with job("referrals.signing.sweep") as work:
        work.did(links.forget_expired(at=timezone.now()))
