"""Why a gate says yes or no to somebody: every gate in turn, with what it was told, by which rule, of which version.

For a privacy officer's question and an admin's; it opens nothing, and answers nobody about what they could not find.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from uuid import UUID

from django.utils import timezone

from agencies.actor import Actor
from agencies.capabilities import OPEN, Capability
from agencies.errors import NotAMember
from agencies.models import Membership
from agencies.services import actor_for
from agencies.vault.purposes import OPENED_BY, PURPOSES
from fhir.content.compartments import Compartment
from referrals.errors import NotFound
from referrals.masks import compartments_in
from referrals.models import Participation
from referrals.policy.bases import RULES, Basis
from referrals.policy.codes import DENIALS
from referrals.policy.gate import Deny
from referrals.policy.limits import LIMITS, limit_of
from referrals.policy.matrix import MATRIX, Action, permits
from referrals.policy.purposes import working_for
from referrals.services import chain, recording
from referrals.services.gating import answer, lapsed, place_of, works
from referrals.services.offices import require_privacy_officer


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate: whether it is open, the rule it follows and what it was told: in codes, and fact by fact for words."""

    name: str
    open: bool
    rule: str
    told: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The answer, its code ("" for yes), what opens the gate lawfully, the gates, and the version of the tables."""

    permitted: bool
    code: str
    words: str
    remedy: str
    exception: str
    gates: tuple[Gate, ...]
    version: str


def explain(actor: Actor, referral_id: UUID, compartment: Compartment, action: Action) -> Explanation:
    """Why ``actor`` may or may not do ``action`` to ``compartment`` of the referral; recorded.

    Raises ``NotFound`` and ``Denied`` where opening would: who never took part is told nothing (R-P2-02).
    """
    target = chain.target(referral_id)
    with recording.refusals(actor, "gate.explain", target=target):
        mine = place_of(actor, referral_id)
    recording.record(actor, "gate.explain", target=target, code=f"{compartment}:{action}")
    return _explained(actor, mine, compartment, action)


def explain_member(officer: Actor, membership_id: UUID, referral_id: UUID, compartment: Compartment) -> Explanation:
    """Why a member of the officer's agency may or may not read ``compartment`` now; recorded as the officer's question.

    Raises ``Denied`` for anybody but a privacy officer, ``NotFound`` for who is no member now, and for a referral the
    agency never took part in.
    """
    target = chain.target(referral_id)
    with recording.refusals(officer, "gate.explain", target=target):
        require_privacy_officer(officer)
        try:
            member = Membership.objects.get(pk=membership_id, agency_id=officer.agency_id)
            actor = actor_for(member)
        except (Membership.DoesNotExist, NotAMember):
            raise NotFound from None
        mine = Participation.objects.filter(referral_id=referral_id, agency_id=officer.agency_id).first()
        if mine is None:
            raise NotFound
    recording.record(officer, "gate.explain", target=target, code=f"{compartment}:{Action.READ}")
    return _explained(actor, mine, compartment, Action.READ)


def _explained(actor: Actor, mine: Participation, compartment: Compartment, action: Action) -> Explanation:
    gates = tuple(_gates(actor, mine, compartment, action))
    said = answer(actor, mine, compartment, at=timezone.now(), action=action)
    permitted = not isinstance(said, Deny) and all(gate.open for gate in gates)
    denial = DENIALS[said.code] if isinstance(said, Deny) else None
    return Explanation(
        permitted=permitted,
        code=said.code.value if isinstance(said, Deny) else "" if permitted else "KEY",
        words=denial.words if denial else "",
        remedy=denial.remedy if denial else "",
        exception=denial.exception.value if denial else "",
        gates=gates,
        version=version(),
    )


def _gates(actor: Actor, mine: Participation, compartment: Compartment, action: Action) -> Iterator[Gate]:
    capability, key = OPEN[compartment], OPENED_BY[compartment]
    if action is Action.READ:
        granted, told = actor.may(capability), capability.value
    else:
        granted = works(actor)
        told = f"{Capability.SEND_REFERRALS} or {Capability.ANSWER_REFERRALS}"
    yield Gate(name="grant", open=granted, rule="docs/permissions.md", told=told, facts={})
    held = compartment in compartments_in(mine.mask)
    parts = "+".join(part for part in Compartment if part in compartments_in(mine.mask)) or "nothing"
    yield Gate(
        name="participation",
        open=held or action is not Action.READ,
        rule="R-P2-02",
        told=f"holds {parts}",
        facts={"holds": parts},
    )
    yield _policy(actor, mine, compartment, action)
    yield Gate(
        name="key",
        open=action is not Action.READ or key in PURPOSES[actor.role],
        rule="docs/permissions.md",
        told=f"{key}; the role has {', '.join(sorted(PURPOSES[actor.role])) or 'none'}",
        facts={},
    )


def _policy(actor: Actor, mine: Participation, compartment: Compartment, action: Action) -> Gate:
    """The third gate: matrix, limits, purpose, and the ground the agency's place stands on."""
    now = timezone.now()
    said = answer(actor, mine, compartment, at=now, action=action)
    limit, basis = limit_of(actor.role, compartment), Basis(mine.basis)
    facts = {
        "role": actor.role.value,
        "matrix": "".join(sorted(MATRIX[actor.role, compartment])) or "-",
        "allowed": str(permits(actor.role, compartment, action)).lower(),
        "purpose": str(working_for(actor) or "none"),
        "basis": basis.value,
        "consent": str(lapsed(mine, at=now) or ("stands" if mine.consent else "none")),
        "limit": "yes" if (actor.role, compartment) in LIMITS else "none",
        "own-only": str(limit.own).lower(),
    }
    told = ", ".join(f"{name}={value}" for name, value in facts.items())
    return Gate(name="policy", open=not isinstance(said, Deny), rule=RULES[basis].rule, told=told, facts=facts)


@cache
def version() -> str:
    """The version of the tables: the first twelve letters of the SHA-256 of all of them, which no process changes."""
    tables = (sorted(MATRIX.items()), sorted(RULES.items()), sorted(LIMITS.items()), sorted(PURPOSES.items()))
    return sha256(repr([_plain(table) for table in tables]).encode()).hexdigest()[:12]


def _plain(value: object) -> object:
    """A table without the order of its sets, which differs from process to process."""
    if isinstance(value, frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    fields = getattr(value, "__dataclass_fields__", None)
    return {name: _plain(getattr(value, name)) for name in fields} if fields else str(value)
