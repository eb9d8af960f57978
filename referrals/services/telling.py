"""Whom a notice reaches. One for a privacy officer that an agency does not have would be read by nobody."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from agencies import officers
from agencies.offices import Office
from agencies.roles import Role
from referrals.models import Notice, ReferralTask

NO_OFFICER = "no-privacy-officer"

_SILENT = ContextVar("telling_silent", default=False)


@contextmanager
def silently() -> Iterator[None]:
    """Write notices that go to nobody: what an invented history tells of is long over."""
    before = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(before)


def notices(
    agency_id: UUID,
    referral_id: UUID | None,
    code: str,
    *,
    at: datetime,
    task: ReferralTask | None = None,
    role: Role | None = None,
) -> list[Notice]:
    """The rows that tell ``agency_id``: those who work on it, or whoever has ``role`` there. They are not saved.

    Without a referral there must be a role: nobody works on nothing.

    An agency without a privacy officer has its admin told that it lacks one, and not what happened: he may not read
    that. The first row waits for who is named.
    """
    said = [(code, role)]
    if role is Role.PRIVACY_OFFICER and not officers.has(agency_id, Office.PRIVACY, at=at):
        said.append((NO_OFFICER, Role.AGENCY_ADMIN))
    kept = {"created_at": at, "addressed_at": at if _SILENT.get() else None}
    return [
        Notice(agency_id=agency_id, referral_id=referral_id, task=task, code=code, role=role or "", **kept)
        for code, role in said
    ]


def tell(
    agency_ids: Iterable[UUID], referral_id: UUID | None, code: str, *, at: datetime, role: Role | None = None
) -> None:
    """Write down that these agencies must be told."""
    Notice.objects.bulk_create(
        row for agency_id in agency_ids for row in notices(agency_id, referral_id, code, at=at, role=role)
    )
