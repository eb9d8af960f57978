"""Rows of the disclosure ledger: what crossed from one agency to another, to whom, on what basis (R-P2-15, R-H-05)."""

from collections.abc import Set
from uuid import UUID

from agencies.kinds import Purpose
from agencies.models import Agency
from fhir.content import notices
from fhir.content.compartments import Compartment
from referrals.masks import mask_of
from referrals.models import Disclosure
from referrals.policy.bases import Basis
from referrals.policy.terms import Terms

from .work import Work


def row(
    work: Work,
    recipient: Agency,
    compartments: Set[Compartment],
    *,
    discloser_id: UUID,
    basis: Basis,
    purpose: Purpose,
    terms: Terms | None,
) -> Disclosure:
    """One disclosure by the act in hand. Name and address are kept as they are today; the rest are ids and codes."""
    return Disclosure(
        referral_id=work.referral.pk,
        discloser_id=discloser_id,
        recipient_id=recipient.id,
        recipient_name=recipient.name,
        recipient_address=recipient.address,
        membership_id=work.actor.membership_id,
        mask=mask_of(compartments),
        basis=basis.value,
        purpose=purpose.value,
        consent=terms.consent if terms else None,
        consent_version=terms.version if terms else None,
        notice_version=notices.version_for(compartments),
        manifest=work.epoch,
        at=work.now,
    )
