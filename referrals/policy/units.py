"""What the law needs to know of an agency: its traits, as a set. Pure; both legal statuses are read strictly."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from agencies.kinds import HELPING, AgencyKind


class Trait(StrEnum):
    """One thing a basis may ask of a side. The value is the words for it in the documentation."""

    SWORN = "police"
    CIVILIAN = "not police"
    HELPING = "helping"
    TREATING = "treating provider"
    MEDICAL = "medical"
    SERVING = "transport or operator"
    COVERED = "covered by HIPAA"
    NOT_PART2 = "not under Part 2"
    NETWORK = "on no side of a referral"


SERVING = frozenset({AgencyKind.TRANSPORT, AgencyKind.OPERATOR})
CLINICAL = frozenset({AgencyKind.CRISIS_TEAM, AgencyKind.PROVIDER, AgencyKind.BHU})
"""Kinds that have medical personnel where they are treating providers under HIPAA (42 CFR 2.51)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One side of a crossing. ``part2`` unknown counts as yes, ``covered`` unknown as no (R-P2-01).

    ``traits`` is everything a basis may ask for that is true of it.
    """

    agency_id: UUID
    kind: AgencyKind
    part2: bool
    covered: bool
    treating: bool
    traits: frozenset[Trait] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "traits", self._traits())

    @property
    def sworn(self) -> bool:
        """Whether this is a police unit."""
        return self.kind is AgencyKind.POLICE

    @property
    def helping(self) -> bool:
        """Whether this unit is there to help the client."""
        return self.kind in HELPING

    def _traits(self) -> frozenset[Trait]:
        """Everything a basis may ask for that is true of this unit."""
        medical = self.kind is AgencyKind.HOSPITAL or (self.kind in CLINICAL and self.treating and self.covered)
        facts = {
            Trait.SWORN: self.sworn,
            Trait.CIVILIAN: not self.sworn,
            Trait.HELPING: self.helping,
            Trait.TREATING: self.treating,
            Trait.MEDICAL: medical,
            Trait.SERVING: self.kind in SERVING,
            Trait.COVERED: self.covered,
            Trait.NOT_PART2: not self.part2,
        }
        return frozenset(trait for trait, holds in facts.items() if holds)
