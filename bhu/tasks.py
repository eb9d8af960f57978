"""Background jobs of the whole: thin doors."""

from celery import shared_task

from audit.door import opened
from audit.witnessing import ask_all

from .cosigning import post


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def cosign() -> None:
    """Have the log's newest checkpoint cosigned by every witness that has an address."""
    with opened(door="worker"):
        ask_all(post)
