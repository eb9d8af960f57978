"""Telling an agency that it is asked to cover another. ``agencies`` knows no notices, so a job finds what waits."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from agencies.coverage.models import Coverage
from agencies.roles import Role
from referrals.models import Notice
from referrals.notices.models import CoverAsked
from referrals.notices.saying import COVER_ASKED
from referrals.services import telling


def ask(*, at: datetime) -> int:
    """Write a notice of each coverage that waits and was not told of. Returns how many. Safe to run twice and at once.

    It is for the administrators of the agency that is to cover: nobody else may confirm it or end it.
    """
    told = CoverAsked.objects.filter(coverage=OuterRef("pk"))
    untold = Coverage.objects.filter(~Exists(told), confirmed_at=None, ended_at=None).order_by("id")
    with transaction.atomic():
        return sum(_ask(row, at) for row in untold)


def _ask(row: Coverage, at: datetime) -> bool:
    asked, new = CoverAsked.objects.get_or_create(coverage=row, defaults={"at": at})
    if new:
        (notice,) = telling.notices(row.covering_id, None, COVER_ASKED, at=at, role=Role.AGENCY_ADMIN)
        notice.save(force_insert=True)
        asked.notice = notice
        asked.save(update_fields=["notice"])
    return new


def waiting(notice: Notice) -> Coverage | None:
    """The coverage that ``notice`` asks for, if it still waits; ``None`` too for a notice of anything else."""
    if notice.code != COVER_ASKED:
        return None
    asked: CoverAsked | None = getattr(notice, "cover_asked", None)
    row = asked.coverage if asked else None
    return row if row and row.confirmed_at is None and row.ended_at is None else None
