"""Background jobs of the whole: thin doors."""

from celery import shared_task

from audit.witnessing import ask_all
from audit.work import job

from .cosigning import post


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def cosign() -> None:
    """Have the log's newest checkpoint cosigned by every witness that has an address."""
    with job("cosign"):
        ask_all(post)
