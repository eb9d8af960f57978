"""Rows of the ledger as an accounting shows them: how far back, and what is kept back for now (R-P2-15, R-H-05).

No name of a client is here, and nothing is opened: the ledger holds ids, codes, and the recipient as they were then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Max

from agencies.kinds import Answer
from fhir.content.compartments import Compartment
from referrals.legal.models import PaperDisclosure
from referrals.masks import compartments_in
from referrals.models import Disclosure
from referrals.policy.bases import CONSENTS, Basis

from .models import Suspension


class Law(StrEnum):
    """Whose right it is to have a row accounted for, and with it for how long."""

    PART2 = "42 CFR 2.25"
    HIPAA = "45 CFR 164.528"


YEARS = {Law.PART2: 3, Law.HIPAA: 6}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One disclosure. ``kept_until`` is when a suspension of it ends; ``None`` for one that nothing keeps back.

    ``recipient_id`` is ``None``, and ``basis`` may be "", for what was given out on paper to somebody off the network;
    ``under`` then says under which paper.
    """

    id: UUID
    referral_id: UUID
    at: datetime
    discloser_id: UUID
    recipient_id: UUID | None
    recipient: str
    address: str
    mask: int
    purpose: str
    basis: str
    consent: UUID | None
    consent_version: int | None
    notice: str
    manifest: int
    law: Law
    kept_until: datetime | None
    under: str = ""

    @property
    def parts(self) -> frozenset[Compartment]:
        """Which parts were given out."""
        return compartments_in(self.mask)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when on and until before when, as asked for at ``now``; how far back a law reaches is counted from then."""

    since: datetime | None
    until: datetime
    now: datetime

    def earliest(self, law: Law) -> datetime:
        """The first moment of what is shown under ``law``."""
        reach = years_before(self.now, YEARS[law])
        return max(self.since, reach) if self.since else reach


def years_before(at: datetime, years: int) -> datetime:
    """The same day and time, years earlier; the 29th of February is the 28th where there is none."""
    try:
        return at.replace(year=at.year - years)
    except ValueError:
        return at.replace(year=at.year - years, day=28)


def rows(referral_ids: Iterable[UUID], *, discloser_id: UUID, span: Span, for_client: bool) -> list[Row]:
    """What ``discloser_id`` gave out of these referrals, oldest first.

    ``for_client``: without what is suspended now. It comes back by itself: nothing is written when it ends.
    """
    found = (
        Disclosure.objects.filter(referral_id__in=list(referral_ids), discloser_id=discloser_id, at__lt=span.until)
        .select_related("discloser")
        .order_by("at", "id")
    )
    kept = kept_back([row.id for row in found], now=span.now)
    shown = (_row(row, kept.get(row.id)) for row in found)
    return [row for row in shown if row.at >= span.earliest(row.law) and not (for_client and row.kept_until)]


def kept_back(disclosure_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, datetime]:
    """Those of these disclosures that are suspended at ``now``, each with the moment the last suspension ends.

    Also by an entry that a privacy officer made by hand for the same disclosure.
    """
    ids = list(disclosure_ids)
    ours = Suspension.objects.filter(disclosure__in=ids, until__gt=now).values_list("disclosure")
    by_hand = PaperDisclosure.objects.filter(disclosure__in=ids, suspended_until__gt=now).values_list("disclosure")
    found: dict[UUID, datetime] = {}
    for disclosure_id, until in (*ours.annotate(Max("until")), *by_hand.annotate(Max("suspended_until"))):
        found[disclosure_id] = max(until, found.get(disclosure_id, until))
    return found


def by_hand(referral_ids: Iterable[UUID], *, agency_id: UUID, span: Span) -> list[PaperDisclosure]:
    """What the agency gave out on paper of these referrals and the ledger has no row of, oldest first."""
    found = PaperDisclosure.objects.filter(
        referral_id__in=list(referral_ids), agency_id=agency_id, disclosure=None, at__lt=span.until
    )
    return list(found.filter(at__gte=span.earliest(Law.HIPAA)).select_related("request").order_by("at", "id"))


def suspended(row: PaperDisclosure, *, now: datetime) -> bool:
    """Whether an entry by hand is kept from the client at ``now``."""
    return row.suspended_until is not None and row.suspended_until > now


def law_of(row: Disclosure) -> Law:
    """A consent makes it a matter of 42 CFR part 2 where the discloser is under it; all else is HIPAA's.

    What a client signed for is not among what HIPAA accounts for, so the longer time is not lost by this.
    """
    part2 = row.discloser.part2_status != Answer.NO
    return Law.PART2 if part2 and Basis(row.basis) in CONSENTS else Law.HIPAA


def shown(row: Disclosure) -> Row:
    """One row as an agency's own privacy officer sees it, also while it is suspended."""
    return _row(row, None)


def _row(row: Disclosure, kept_until: datetime | None) -> Row:
    return Row(
        id=row.id,
        referral_id=row.referral_id,
        at=row.at.astimezone(UTC),
        discloser_id=row.discloser_id,
        recipient_id=row.recipient_id,
        recipient=row.recipient_name,
        address=row.recipient_address,
        mask=row.mask,
        purpose=row.purpose,
        basis=row.basis,
        consent=row.consent,
        consent_version=row.consent_version,
        notice=row.notice_version,
        manifest=row.manifest,
        law=law_of(row),
        kept_until=kept_until,
    )
