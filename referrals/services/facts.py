"""The facts the gate asks for, fetched once per act."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from uuid import UUID

from django.conf import settings

from agencies.agreements import partners
from agencies.kinds import AgencyKind, Purpose
from agencies.models import Agency
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.errors import Denied
from referrals.policy.bases import RULES, Basis
from referrals.policy.codes import WORDS, DenyCode, denied
from referrals.policy.gate import Crossing, Decision, Deny, decide
from referrals.policy.terms import Form, Terms
from referrals.policy.units import Unit


def unit(agency: Agency) -> Unit:
    """What the law needs to know of ``agency``."""
    return _unit(agency.id, agency.kind, agency.part2, agency.covered, agency.treating_provider)


@lru_cache(maxsize=1024)
def _unit(agency_id: UUID, kind: str, part2: bool, covered: bool, treating: bool) -> Unit:
    return Unit(agency_id=agency_id, kind=AgencyKind(kind), part2=part2, covered=covered, treating=treating)


BY_FORM = {Form.TPO: Basis.CONSENT_TPO, Form.NAMED: Basis.CONSENT_NAMED}


def likely_basis(discloser: Agency, recipient: Agency, *, terms: Terms | None) -> Basis:
    """The ground that fits these two agencies when the person did not name one.

    A police unit refers for help, or does police business with another; a helping unit stands on the client's
    consent if there is one, else says nothing that identifies.
    """
    here, there = unit(discloser), unit(recipient)
    if here.sworn:
        return Basis.REFERRAL_FOR_HELP if there.helping else Basis.POLICE_BUSINESS
    return BY_FORM.get(terms.form, Basis.DEIDENTIFIED) if terms else Basis.DEIDENTIFIED


def require_nameable(basis: Basis | None) -> None:
    """Raise ``Denied`` for a ground with an act of its own: an emergency has its hour, a warning a referral apart."""
    if basis is not None and RULES[basis].emergency:
        raise denied(DenyCode.NO_BASIS)


def purpose_for(basis: Basis, recipient: Agency) -> Purpose:
    """What a disclosure on this ground to this agency is for: treatment where the ground serves it, police apart."""
    serves = RULES[basis].purposes
    if len(serves) == 1:
        return next(iter(serves))
    treats = Purpose.TREATMENT in serves and not recipient.sworn
    return Purpose.TREATMENT if treats else Purpose.COORDINATION


class Partners:
    """The agencies that share a live agreement with one agency on one day: one query, asked when needed."""

    def __init__(self, agency_id: UUID, *, on: date) -> None:
        self._agency_id, self._on = agency_id, on

    @cached_property
    def _found(self) -> Mapping[Purpose, Collection[UUID]]:
        return partners(agency_id=self._agency_id, on=self._on)

    def include(self, agency_id: UUID, *, purpose: Purpose) -> bool:
        """Whether ``agency_id`` is one of them for ``purpose``."""
        return agency_id in self._found.get(purpose, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What may pass from one agency to another on one ground.

    ``role`` is whose act it is, ``None`` where somebody's earlier act is carried out; ``accepted`` says that the
    recipient took the referral on, or that this opens only when it does.
    """

    discloser: Agency
    recipient: Agency
    basis: Basis
    role: Role | None
    at: datetime
    terms: Terms | None
    accepted: bool
    kept_local: bool
    restricted: bool
    partners: Partners

    @property
    def purpose(self) -> Purpose:
        """What it is for."""
        return purpose_for(self.basis, self.recipient)

    def decide(self, compartment: Compartment) -> Decision:
        """The gate's answer for one compartment, for the fields this ground carries."""
        rule, purpose = RULES[self.basis], self.purpose
        return decide(
            Crossing(
                compartment=compartment,
                discloser=unit(self.discloser),
                recipient=unit(self.recipient),
                basis=self.basis,
                purpose=purpose,
                role=self.role,
                at=self.at,
                agreement=rule.agreement and self.partners.include(self.recipient.id, purpose=purpose),
                switched_on=rule.switched and self.discloser.state in settings.HIPAA_TREATMENT_STATES,
                restricted=self.restricted,
                accepted=self.accepted,
                kept_local=self.kept_local,
                terms=self.terms,
                fields=rule.fields,
            )
        )

    def require(self, compartments: Iterable[Compartment]) -> None:
        """Raise ``Denied`` naming the first compartment that may not go."""
        for compartment in sorted(compartments):
            answer = self.decide(compartment)
            if isinstance(answer, Deny):
                raise Denied(f"{compartment} → {self.recipient.slug}: {WORDS[answer.code]}", code=answer.code)
