"""The rings of notices: thin doors. What there is to do stands in rows."""

from celery import shared_task
from django.utils import timezone

from audit.work import job

from .kinds import Channel
from .services import addressing, climbing, coverages, sending


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def address() -> None:
    """Find out who is to be told of what happened, and of a coverage that waits for them."""
    with job("notices.address") as work:
        work.did(coverages.ask(at=timezone.now()) + addressing.address_all())


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def mail() -> None:
    """Send the mails that are due."""
    with job("notices.mail") as work:
        work.did(sending.send_due(Channel.MAIL))


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def text() -> None:
    """Send the text messages that are due."""
    with job("notices.text") as work:
        work.did(sending.send_due(Channel.TEXT))


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def webhooks() -> None:
    """Post what is due to partners' systems."""
    with job("notices.webhooks") as work:
        work.did(sending.send_due(Channel.HOOK))


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def climb() -> None:
    """Call whoever is to be called by now for what nobody answered."""
    with job("notices.climb") as work:
        work.did(climbing.climb(at=timezone.now()))
