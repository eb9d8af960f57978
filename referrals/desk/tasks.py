"""Background jobs: thin doors. Rows are the truth, so a lost or doubled message changes nothing."""

from celery import shared_task
from django.utils import timezone

from audit.work import job

from .services import watching


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def watch() -> None:
    """Raise what is new in the log for a privacy officer to look at."""
    with job("referrals.desk.watch") as work:
        work.did(watching.watch(at=timezone.now()))


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def check_log() -> None:
    """Verify the whole log, and tell every agency if it is not what was signed."""
    with job("referrals.desk.check-log") as work:
        work.did(watching.check_log(at=timezone.now()))
