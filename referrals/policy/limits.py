"""Where the matrix says "yes, but": limits of time, of relationship, of fields, of consent class (domain rule R-H-06).

A limit belongs to one role and one compartment. Pure data; ``gate`` asks it and ``fields`` carries it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from agencies.roles import Role
from fhir.content.compartments import Compartment

from .bases import EVERYTHING

NOTHING: frozenset[str] = frozenset()
OFFICERS_HOURS = timedelta(hours=12)
NAME = frozenset({"Patient.name"})
SUMMARY = frozenset(
    {"Observation?93374-7", "Observation?55758-7", "Observation?44261-6", "Observation?70274-6", "Observation?75626-2"}
)
"""Risk level and total scores: what a coordinator needs to find a place, without what was answered."""
ARRIVAL = frozenset({"Observation"})
"""How somebody came, and what visiting staff must know: the coded facts, not the narrative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """``own``: only what one began oneself. ``within``: whole for so long, then only ``after``. ``fields``: no more.

    ``but_own`` lifts ``fields`` from what one wrote oneself; ``helpers`` asks for a consent that names the class of
    people helping to run the program.
    """

    own: bool = False
    within: timedelta | None = None
    after: frozenset[str] = NOTHING
    fields: frozenset[str] = EVERYTHING
    but_own: bool = False
    helpers: bool = False


NONE = Limit()
C = Compartment

LIMITS: Mapping[tuple[Role, Compartment], Limit] = MappingProxyType(
    {
        (Role.OFFICER, C.REQUEST): Limit(own=True, within=OFFICERS_HOURS),
        (Role.OFFICER, C.CONTACT): Limit(own=True, within=OFFICERS_HOURS, after=NAME),
        (Role.OFFICER, C.INCIDENT): Limit(own=True, within=OFFICERS_HOURS),
        (Role.OFFICER, C.TRANSPORT): Limit(own=True, within=OFFICERS_HOURS),
        (Role.COORDINATOR, C.CLINICAL): Limit(fields=SUMMARY, but_own=True),
        (Role.COORDINATOR, C.INCIDENT): Limit(fields=ARRIVAL, but_own=True),
        (Role.COACH, C.SUD): Limit(helpers=True),
    }
)


def limit_of(role: Role, compartment: Compartment) -> Limit:
    """The limit on what the matrix permits; none for most."""
    return LIMITS.get((role, compartment), NONE)


OWN_ONLY = frozenset(role for (role, _compartment), limit in LIMITS.items() if limit.own)
"""Roles that see only what they began themselves, in lists too."""
