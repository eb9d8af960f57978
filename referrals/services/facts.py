"""The facts the gate asks for, fetched once per act."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings

from agencies.agreements import partners
from agencies.kinds import AgencyKind, Purpose
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


class Partners:
    """The agencies that share a live agreement with one agency on one day: one query per purpose, asked when needed."""

    def __init__(self, agency_id: UUID, *, on: date) -> None:
        self._agency_id, self._on = agency_id, on
        self._found: dict[Purpose, frozenset[UUID]] = {}

    def include(self, agency_id: UUID, *, purpose: Purpose) -> bool:
        """Whether ``agency_id`` is one of them for ``purpose``."""
        if purpose not in self._found:
            self._found[purpose] = partners(agency_id=self._agency_id, purpose=purpose, on=self._on)
        return agency_id in self._found[purpose]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What may pass from one agency to another on one ground."""

    discloser: Agency
    recipient: Agency
    basis: Basis
    consent: UUID | None
    partners: Partners

    def decide(self, compartment: Compartment) -> Decision:
        """The gate's answer for one compartment."""
        rule = RULES.get(self.basis)
        return decide(
            Crossing(
                compartment=compartment,
                discloser=unit(self.discloser),
                recipient=unit(self.recipient),
                basis=self.basis,
                agreement=rule is not None and self.partners.include(self.recipient.id, purpose=rule.purpose),
                consent=self.consent is not None,
                switched_on=self.basis is not Basis.HIPAA_TREATMENT
                or self.discloser.state in settings.HIPAA_TREATMENT_STATES,
            )
        )

    def require(self, compartments: Iterable[Compartment]) -> None:
        """Raise ``Denied`` naming the first compartment that may not go."""
        for compartment in sorted(compartments):
            answer = self.decide(compartment)
            if isinstance(answer, Deny):
                raise Denied(f"{compartment} → {self.recipient.slug}: {WORDS[answer.code]}", code=answer.code)
