"""Whose signature a consent needs: the client's, a minor's or a parent's, or who may sign for an adult. Pure.

42 CFR 2.14 and 2.15; the ages are those of the state's pack (R-MIN-01).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from fhir.content.ages import ages as possible_ages
from fhir.content.compartments import Compartment
from fhir.content.consent_facts import Signer
from referrals.packs.packs import Care, Hand, Pack
from referrals.policy.codes import DenyCode


class Relationship(StrEnum):
    """What somebody who signs is to the client: codes of HL7 v3-RoleCode."""

    PARENT = "PRN"
    GUARDIAN = "GUARD"
    HEALTH_PROXY = "HPOWATT"
    EXECUTOR = "EXCEST"


FOR_MINOR = frozenset({Relationship.PARENT, Relationship.GUARDIAN})
FOR_ADULT = frozenset({Relationship.GUARDIAN, Relationship.HEALTH_PROXY, Relationship.EXECUTOR})

HANDS: Mapping[Hand, str] = MappingProxyType({Hand.CLIENT: "the client", Hand.PARENT: "a parent or guardian"})

Wrong = tuple[DenyCode, str]


def wrong(
    signers: Iterable[Signer],
    parts: Iterable[Compartment],
    *,
    born: str,
    on: date,
    pack: Pack,
    findings: frozenset[str],
) -> Wrong | None:
    """Why these signatures are not enough; ``None`` if they are.

    ``born`` is the client's FHIR date of birth, ``on`` the day of signing. A year alone is enough where either age it
    leaves possible would sign alike; else both rules must be met. Without one nobody can say who must sign.
    """
    relationships = {signer.relationship for signer in signers}
    if not relationships <= {"", *Relationship}:
        return DenyCode.CONSENT_INCOMPLETE, "R-P2-04 (8): is signed by somebody whose relationship is not known here"
    ages = possible_ages(born, on=on)
    if ages is None:
        return DenyCode.MINOR_RULE, "R-MIN-01: the client's year of birth must be known: it decides who must sign"
    if min(ages) >= pack.adult_from:
        enough = relationships & {"", *FOR_ADULT}
        return None if enough else (DenyCode.CONSENT_INCOMPLETE, "R-P2-04 (8): for an adult the client must sign")
    given = {Hand.CLIENT} if "" in relationships else set[Hand]()
    given |= {Hand.PARENT} if relationships & FOR_MINOR else set()
    needed = {hand for care in cares(parts) for age in ages for hand in pack.signers(care, age, findings)}
    if needed <= given:
        return None
    listed = " and ".join(HANDS[hand] for hand in Hand if hand in needed)
    return DenyCode.MINOR_RULE, f"R-MIN-01: at this age, for these parts, {listed} must sign"


def cares(parts: Iterable[Compartment]) -> frozenset[Care]:
    """The kinds of care that parts tell of: every referral here is for help with behavioral health."""
    found = frozenset(Care.SUBSTANCE_USE if part is Compartment.SUD else Care.MENTAL_HEALTH for part in parts)
    return found or frozenset(Care)
