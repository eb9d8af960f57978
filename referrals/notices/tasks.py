"""The rings of notices: thin doors. What there is to do stands in rows."""

from celery import shared_task

from audit.door import opened

from .kinds import Channel
from .services import addressing, sending


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def address() -> None:
    """Find out who is to be told of what happened."""
    with opened(door="worker"):
        addressing.address_all()


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def mail() -> None:
    """Send the mails that are due."""
    with opened(door="worker"):
        sending.send_due(Channel.MAIL)


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def text() -> None:
    """Send the text messages that are due."""
    with opened(door="worker"):
        sending.send_due(Channel.TEXT)


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def webhooks() -> None:
    """Post what is due to partners' systems."""
    with opened(door="worker"):
        sending.send_due(Channel.HOOK)
