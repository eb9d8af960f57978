"""Which agencies may exchange at all: many-party agreements and their dates (R-P2-16)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit import log

from .kinds import Purpose
from .models import Agency, Agreement, AgreementParty, AgreementPurpose

WARN_DAYS = (60, 30, 7)


@transaction.atomic
def sign(
    *,
    by: str,
    title: str,
    document_sha256: str,
    parties: Iterable[Agency],
    purposes: Iterable[Purpose],
    effective_on: date,
    expires_on: date | None = None,
) -> Agreement:
    """Register an agreement signed by ``parties`` for ``purposes``, in force from ``effective_on``."""
    agreement = Agreement(
        title=title,
        document_sha256=document_sha256,
        signed_on=effective_on,
        effective_on=effective_on,
        expires_on=expires_on,
    )
    agreement.full_clean()
    agreement.save(force_insert=True)
    AgreementPurpose.objects.bulk_create(
        AgreementPurpose(agreement=agreement, purpose=purpose.value) for purpose in purposes
    )
    AgreementParty.objects.bulk_create(
        AgreementParty(agreement=agreement, agency=agency, joined_on=effective_on) for agency in parties
    )
    log.record(action="agreement.sign", target=f"Agreement/{agreement.id}", actor=by)
    return agreement


def _live(on: date) -> QuerySet[Agreement]:
    return Agreement.objects.filter(
        Q(expires_on=None) | Q(expires_on__gte=on), Q(ended_on=None) | Q(ended_on__gt=on), effective_on__lte=on
    )


def partners(*, agency_id: UUID, purpose: Purpose, on: date) -> frozenset[UUID]:
    """The agencies that share a live agreement for ``purpose`` with ``agency_id`` on that day, in one query.

    An agency is never its own partner.
    """
    signed = Q(joined_on__lte=on) & (Q(left_on=None) | Q(left_on__gt=on))
    shared = _live(on).filter(
        purposes__purpose=purpose.value,
        pk__in=AgreementParty.objects.filter(signed, agency_id=agency_id).values("agreement_id"),
    )
    parties = AgreementParty.objects.filter(signed, agreement__in=shared).exclude(agency_id=agency_id)
    return frozenset(parties.values_list("agency_id", flat=True))


@dataclass(frozen=True, slots=True)
class Expiry:
    """An agreement that ends soon; ``days`` is the warning of 60, 30 or 7 days it has reached."""

    agreement_id: UUID
    title: str
    expires_on: date
    days: int


def expiring(*, on: date) -> list[Expiry]:
    """Agreements whose end is within 60 days of ``on``, soonest first, with the tightest warning reached."""
    soon = _live(on).filter(expires_on__lte=on + timedelta(days=max(WARN_DAYS))).order_by("expires_on")
    return [
        Expiry(row.id, row.title, row.expires_on, min(d for d in WARN_DAYS if (row.expires_on - on).days <= d))
        for row in soon
        if row.expires_on is not None
    ]
