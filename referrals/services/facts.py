"""The facts the gate asks for, fetched once per act."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.conf import settings

from agencies.agreements import partners
from agencies.kinds import AgencyKind
from agencies.models import Agency
from fhir.content.compartments import Compartment
from referrals.errors import Denied
from referrals.policy.bases import RULES, Basis
from referrals.policy.codes import WORDS
from referrals.policy.gate import Crossing, Decision, Deny, Unit, decide


def unit(agency: Agency) -> Unit:
    """What the law needs to know of ``agency``."""
    return Unit(
        kind=AgencyKind(agency.kind),
        part2=agency.part2,
        covered=agency.covered,
        treating=agency.treating_provider,
    )


def likely_basis(discloser: Agency, recipient: Agency, *, consent: bool) -> Basis:
    """The ground that fits these two agencies when the person did not name one.

    A police unit refers for help, or does police business with another; a helping unit stands on the client's
    consent if there is one, else says nothing that identifies.
    """
    here, there = unit(discloser), unit(recipient)
    if here.sworn:
        return Basis.REFERRAL_FOR_HELP if there.helping else Basis.POLICE_BUSINESS
    return Basis.CONSENT_NAMED if consent else Basis.DEIDENTIFIED


class Exchange:
    """What may pass from one agency to others on one ground, on one day."""

    def __init__(self, discloser: Agency, *, basis: Basis, consent: UUID | None, at: datetime) -> None:
        self.discloser, self.basis, self.consent, self.at = discloser, basis, consent, at
        self._partners: dict[UUID, bool] = {}

    def load(self, recipients: Iterable[Agency]) -> "Exchange":
        """Look up the agreements with ``recipients`` in one query."""
        ids = {agency.id for agency in recipients}
        rule = RULES.get(self.basis)
        found = (
            partners(agency_id=self.discloser.id, among=ids, purpose=rule.purpose, on=self.at.date())
            if rule
            else frozenset()
        )
        self._partners.update({agency_id: agency_id in found for agency_id in ids})
        return self

    def decide(self, recipient: Agency, compartment: Compartment) -> Decision:
        """The gate's answer for one compartment going to one recipient."""
        if recipient.id not in self._partners:
            self.load([recipient])
        return decide(
            Crossing(
                compartment=compartment,
                discloser=unit(self.discloser),
                recipient=unit(recipient),
                basis=self.basis,
                agreement=self._partners[recipient.id],
                consent_names_recipient=self.consent is not None,
                switched_on=self.basis is not Basis.HIPAA_TREATMENT
                or self.discloser.state in settings.HIPAA_TREATMENT_STATES,
            )
        )

    def require(self, recipient: Agency, compartments: Iterable[Compartment]) -> None:
        """Raise ``Denied`` naming the first compartment that may not go to ``recipient``."""
        for compartment in sorted(compartments):
            answer = self.decide(recipient, compartment)
            if isinstance(answer, Deny):
                raise Denied(f"{compartment} → {recipient.slug}: {WORDS[answer.code]}", code=answer.code)
