"""Which agencies may exchange at all: many-party agreements and their dates (R-P2-16)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

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


# Written by hand: every act asks it, and building it through the ORM costs more than the database does.
PARTNERS = """
SELECT DISTINCT theirs.agency_id, covered.purpose
FROM agencies_agreementparty mine
JOIN agencies_agreementparty theirs ON theirs.agreement_id = mine.agreement_id
JOIN agencies_agreement agreed ON agreed.id = mine.agreement_id
JOIN agencies_agreementpurpose covered ON covered.agreement_id = agreed.id
WHERE mine.agency_id = %(agency)s AND theirs.agency_id <> %(agency)s
  AND agreed.effective_on <= %(day)s
  AND (agreed.expires_on IS NULL OR agreed.expires_on >= %(day)s)
  AND (agreed.ended_on IS NULL OR agreed.ended_on > %(day)s)
  AND mine.joined_on <= %(day)s AND (mine.left_on IS NULL OR mine.left_on > %(day)s)
  AND theirs.joined_on <= %(day)s AND (theirs.left_on IS NULL OR theirs.left_on > %(day)s)
"""


def partners(*, agency_id: UUID, on: date) -> Mapping[Purpose, Collection[UUID]]:
    """By purpose, the agencies that share a live agreement for it with ``agency_id`` on that day, in one query.

    An agency is never its own partner; a purpose that nobody shares is missing.
    """
    native = connection.features.has_native_uuid_field
    asked = {
        "agency": agency_id if native else agency_id.hex,
        "day": connection.ops.adapt_datefield_value(on),
    }
    found: dict[Purpose, set[UUID]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(PARTNERS, asked)
        for partner, purpose in cursor.fetchall():
            found[Purpose(purpose)].add(partner if native else UUID(partner))
    return dict(found)


@dataclass(frozen=True, slots=True)
class Expiry:
    """An agreement that ends soon; ``days`` is the warning of 60, 30 or 7 days it has reached."""

    agreement_id: UUID
    title: str
    expires_on: date
    days: int


def expiring(*, on: date) -> list[Expiry]:
    """Agreements whose end is within 60 days of ``on``, soonest first, with the tightest warning reached."""
    live = Agreement.objects.filter(Q(ended_on=None) | Q(ended_on__gt=on), effective_on__lte=on, expires_on__gte=on)
    soon = live.filter(expires_on__lte=on + timedelta(days=max(WARN_DAYS))).order_by("expires_on")
    return [
        Expiry(row.id, row.title, row.expires_on, min(d for d in WARN_DAYS if (row.expires_on - on).days <= d))
        for row in soon
        if row.expires_on is not None
    ]


def shared(*, ids: Collection[UUID], on: date) -> list[Agreement]:
    """The agreements in force on that day that all of these agencies are parties to, by title."""
    live = Agreement.objects.filter(
        Q(ended_on=None) | Q(ended_on__gt=on), Q(expires_on=None) | Q(expires_on__gte=on), effective_on__lte=on
    )
    for agency_id in ids:
        parties = AgreementParty.objects.filter(Q(left_on=None) | Q(left_on__gt=on), agency_id=agency_id)
        live = live.filter(pk__in=parties.filter(joined_on__lte=on).values("agreement"))
    return list(live.order_by("title", "id"))
