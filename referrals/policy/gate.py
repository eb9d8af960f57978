"""The third gate: one pure function that says yes, with the ground it stands on, or no, with the reason.

``decide`` knows no database. Whoever asks brings the facts; what is not brought is denied.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from agencies.kinds import Purpose
from agencies.roles import Role
from fhir.content import notices
from fhir.content.compartments import Compartment

from .bases import EVERYTHING, RULES, Basis, BasisRule
from .codes import DenyCode
from .fields import outside
from .limits import NOTHING, Limit, limit_of
from .matrix import Action, permits
from .reviewing import Review
from .reviewing import refusal as refusal_of_review
from .terms import Recipient, Terms, refusal
from .units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody wants to do something to one compartment inside their own agency.

    ``granted``: the grant of gate 1, and in an emergency the one of that hour. ``lapsed`` is why the consent the
    agency's place stands on is no ground any more. ``own``: the referral is one they began; ``age`` since when.
    ``helped``: the client agreed to people helping to run the program. ``review`` is the case in which somebody whose
    role reads none of it asks to.
    """

    role: Role
    granted: bool
    action: Action
    compartment: Compartment
    takes_part: bool
    holds_compartment: bool
    purpose: Purpose | None
    own: bool
    age: timedelta
    helped: bool
    lapsed: DenyCode | None = None
    review: Review | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """One compartment is to go from one agency to another.

    ``role`` is whose act it is; ``None`` where what was gated as somebody's act is carried out later. ``terms`` are
    those of the consent it stands on, ``fields`` the elements that are to go. ``accepted``: the recipient said yes.
    ``kept_local``: no other department is to hear of it (``between_police``).
    """

    compartment: Compartment
    discloser: Unit
    recipient: Unit
    basis: Basis
    purpose: Purpose
    role: Role | None
    at: datetime
    agreement: bool
    switched_on: bool
    restricted: bool
    accepted: bool
    kept_local: bool
    terms: Terms | None
    fields: frozenset[str] = EVERYTHING


@dataclass(frozen=True, slots=True)
class Permit:
    """Yes, on this ground, for this purpose, by this rule, for these fields; ``notice`` must travel along, if any."""

    basis: Basis
    purpose: Purpose
    rule: str
    fields: frozenset[str] = EVERYTHING
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Deny:
    """No, for this reason."""

    code: DenyCode


Decision = Permit | Deny
Reasons = Iterator[DenyCode | None]


def decide(question: Access | Crossing) -> Decision:
    """The answer to one question. Everything not said to be allowed is denied."""
    return _access(question) if isinstance(question, Access) else _crossing(question)


def _access(question: Access) -> Decision:
    limit = limit_of(question.role, question.compartment)
    fields = _fields_left(limit, question)
    denied = next(filter(None, _against_access(question, limit, fields)), None)
    if denied is not None or question.purpose is None:
        return Deny(denied or DenyCode.NO_PURPOSE)
    return Permit(Basis.INTERNAL_UNIT, question.purpose, RULES[Basis.INTERNAL_UNIT].rule, fields)


def _against_access(question: Access, limit: Limit, fields: frozenset[str]) -> Reasons:
    """Every reason to say no, the plainest first."""
    yield DenyCode.NO_RELATIONSHIP if not question.takes_part or (limit.own and not question.own) else None
    yield DenyCode.NO_PURPOSE if question.purpose is None else None
    yield DenyCode.ROLE if not question.granted else None
    yield _to_part(question)
    yield DenyCode.COMPARTMENT if not question.holds_compartment or not fields else None
    yield question.lapsed
    yield DenyCode.CONSENT_MISSING if limit.helpers and not question.helped else None


def _to_part(question: Access) -> DenyCode | None:
    """What the role may do, or what a second person agreed that it may see this once."""
    if permits(question.role, question.compartment, question.action):
        return None
    return refusal_of_review(question.review, question.role, question.compartment, question.action)


def _fields_left(limit: Limit, question: Access) -> frozenset[str]:
    """Time limits reading and correcting; whoever may add may still add."""
    if limit.within is None or question.age < limit.within or question.action is Action.CREATE:
        return limit.fields
    return limit.after if question.action is Action.READ else NOTHING


def _crossing(question: Crossing) -> Decision:
    rule = RULES[question.basis]
    denied = next(filter(None, _against_crossing(question, rule)), None)
    if denied is not None:
        return Deny(denied)
    notice = notices.PART2.version if question.compartment in notices.CARRYING else ""
    return Permit(question.basis, question.purpose, rule.rule, rule.fields, notice)


def _against_crossing(question: Crossing, rule: BasisRule) -> Reasons:
    """Every reason to say no: the ground itself, the two sides, the papers between them, the client's word."""
    yield rule.shut
    yield DenyCode.NO_BASIS if question.compartment not in rule.opens else None
    yield DenyCode.ROLE if question.role is not None and question.role not in rule.roles else None
    yield DenyCode.RECIPIENT_NOT_COVERED if not _between(question, rule) else None
    police = question.discloser.sworn
    between_police = police and question.recipient.sworn
    yield DenyCode.KEPT_LOCAL if between_police and question.kept_local else None
    yield DenyCode.FIELD_NOT_COVERED if outside(question.fields, rule.fields) else None
    yield DenyCode.STATE_PACK if rule.switched and not question.switched_on else None
    yield DenyCode.NO_PURPOSE if question.purpose not in rule.purposes else None
    if question.restricted and not rule.emergency:  # police are told nothing of what a client asked
        yield DenyCode.NO_BASIS if between_police else DenyCode.NOT_NOW if police else DenyCode.RESTRICTION_OPEN
    yield DenyCode.AGREEMENT_MISSING if rule.agreement and not question.agreement else None
    if rule.forms:
        yield _consent(question, rule)


def _between(question: Crossing, rule: BasisRule) -> bool:
    """Whether the ground holds between these two units, for this part."""
    sides = rule.discloser <= question.discloser.traits and rule.recipient <= question.recipient.traits
    narrowed = rule.police is not None and question.recipient.sworn
    return sides and (not narrowed or question.compartment in (rule.police or NOTHING))


def _consent(question: Crossing, rule: BasisRule) -> DenyCode | None:
    """Why the client's consent does not carry this; ``None`` if it does (R-P2-09)."""
    if question.terms is None or question.terms.form not in rule.forms:
        return DenyCode.CONSENT_MISSING
    recipient = Recipient(
        agency_id=question.recipient.agency_id,
        discloser_id=question.discloser.agency_id,
        sworn=question.recipient.sworn,
        treating=question.recipient.treating,
        accepted=question.accepted,
    )
    return refusal(question.terms, recipient, question.compartment, question.purpose, at=question.at)
