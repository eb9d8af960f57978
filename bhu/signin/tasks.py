"""Background jobs of this app: thin doors."""

import time

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from audit.work import job

from . import sittings, tries


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Forget tries and codes that are over, sittings past their twelve hours, sessions past their end."""
    with job("bhu.signin.sweep") as work:
        work.did(tries.forget_over(now=int(time.time())))
        work.did(sittings.forget_over(at=timezone.now()))
        SessionStore.clear_expired()
