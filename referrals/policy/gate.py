"""The third gate: one pure function that says yes, with the ground it stands on, or no, with the reason.

``decide`` knows no database. Whoever asks brings the facts; what is not brought is denied.
"""

from dataclasses import dataclass

from agencies.kinds import HELPING, AgencyKind, Purpose
from agencies.roles import Role
from fhir.content.compartments import Compartment

from .bases import RULES, Basis, BasisRule
from .codes import DenyCode
from .matrix import Action, permits


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What the law needs to know of an agency. Both statuses are already read strictly (R-P2-01)."""

    kind: AgencyKind
    part2: bool
    covered: bool
    treating: bool

    @property
    def sworn(self) -> bool:
        """Whether this is a police unit."""
        return self.kind is AgencyKind.POLICE

    @property
    def helping(self) -> bool:
        """Whether this unit is there to help the client."""
        return self.kind in HELPING


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody wants to do something to one compartment inside their own agency."""

    role: Role
    granted: bool
    action: Action
    compartment: Compartment
    takes_part: bool
    holds_compartment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One compartment is to go from one agency to another."""

    compartment: Compartment
    discloser: Unit
    recipient: Unit
    basis: Basis
    agreement: bool
    consent: bool
    switched_on: bool


@dataclass(frozen=True, slots=True)
class Permit:
    """Yes, on this ground, for this purpose, by this rule."""

    basis: Basis
    purpose: Purpose
    rule: str


@dataclass(frozen=True, slots=True)
class Deny:
    """No, for this reason."""

    code: DenyCode


Decision = Permit | Deny


def decide(question: Access | Crossing) -> Decision:
    """The answer to one question. Everything not said to be allowed is denied."""
    return _access(question) if isinstance(question, Access) else _crossing(question)


def _access(question: Access) -> Decision:
    if not question.takes_part:
        return Deny(DenyCode.NO_RELATIONSHIP)
    if not question.granted:
        return Deny(DenyCode.ROLE)
    if not permits(question.role, question.compartment, question.action):
        return Deny(DenyCode.COMPARTMENT)
    if not question.holds_compartment:
        return Deny(DenyCode.COMPARTMENT)
    return Permit(Basis.INTERNAL_UNIT, Purpose.COORDINATION, "docs/permissions.md")


def _crossing(question: Crossing) -> Decision:
    rule = RULES.get(question.basis)
    if rule is None or question.compartment not in rule.opens:
        return Deny(DenyCode.NO_BASIS)
    if not _between(rule, question.discloser, question.recipient):
        return Deny(DenyCode.RECIPIENT_NOT_COVERED)
    if not question.switched_on:
        return Deny(DenyCode.STATE_PACK)
    if rule.needs_agreement and not question.agreement:
        return Deny(DenyCode.AGREEMENT_MISSING)
    if rule.needs_consent and not question.consent:
        return Deny(DenyCode.CONSENT_MISSING)
    return Permit(question.basis, rule.purpose, rule.rule)


def _between(rule: BasisRule, discloser: Unit, recipient: Unit) -> bool:
    """Whether ``rule`` holds between these two units."""
    return (
        rule.from_sworn in (None, discloser.sworn)
        and rule.to_sworn in (None, recipient.sworn)
        and rule.to_helping in (None, recipient.helping)
        and (discloser.covered or not rule.from_covered)
        and (recipient.treating or not rule.to_treating)
        and (rule.from_part2 or not discloser.part2)
    )
