"""Background jobs of subscriptions: thin doors. What there is to do stands in rows."""

from celery import shared_task
from django.utils import timezone

from audit.work import job

from .services import counting, sending


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def send() -> None:
    """Tell subscribers what is due."""
    with job("fhir.subscriptions.send") as work:
        work.did(sending.send_due())


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Forget events older than a month, and switch off what has waited for its client so long."""
    with job("fhir.subscriptions.sweep") as work:
        work.did(counting.forget(now=timezone.now()))
        work.did(sending.switch_off_forgotten(now=timezone.now()))
