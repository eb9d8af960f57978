"""The ring that asks on: a thin door."""

from celery import shared_task
from django.utils import timezone

from audit.work import job

from . import services


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def ask_next() -> None:
    """Ask whoever was named next of what nobody answered."""
    with job("onward.ask-next") as work:
        work.did(services.ask_next(at=timezone.now()))
