"""Background jobs: thin doors. Rows are the truth, so a lost or doubled message changes nothing."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from agencies.vault.shred.secrets import sweep_orphans
from audit.work import job
from referrals.drafts import sealing as drafts
from referrals.emergencies import services as emergencies
from referrals.later import services as later
from referrals.legal import sealing as legal
from referrals.models import Folder
from referrals.services import idempotency, rewrapping

ORPHAN_AGE = timedelta(days=400)
"""Longer than backups of the main database may live: after a restore, the secrets of what came later look orphaned."""


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def rewrap() -> None:
    """Carry wraps over to new keys until none is left."""
    with job("referrals.rewrap"):
        rewrapping.rewrap_all()
        legal.rewrap_all()
        drafts.rewrap_all()


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def sweep() -> None:
    """Delete shred secrets whose folder never came to be, and idempotency keys past their time."""
    with job("referrals.sweep") as work:
        work.did(idempotency.forget(now=timezone.now()))
        work.did(
            sweep_orphans(exists=_folders, older_than=ORPHAN_AGE)
        )  # last: it refuses where the databases do not fit


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def do_due() -> None:
    """Do the acts whose hour has come."""
    with job("referrals.do-due") as work:
        work.did(later.do_due(at=timezone.now()))


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def escalate() -> None:
    """Tell of emergencies that nobody documented within the hour."""
    with job("referrals.escalate") as work:
        work.did(emergencies.escalate(at=timezone.now()))


@shared_task  # type: ignore[untyped-decorator]  # Celery ships no types
def press() -> None:
    """Ask for the reviews of emergencies that are overdue."""
    with job("referrals.press") as work:
        work.did(emergencies.press(at=timezone.now()))


def _folders(ids: Collection[UUID]) -> Collection[UUID]:
    return set(Folder.objects.filter(pk__in=ids).values_list("pk", flat=True))
