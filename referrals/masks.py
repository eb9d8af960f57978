"""Sets of compartments as one small integer column. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fhir.content.compartments import Compartment

BIT: Mapping[Compartment, int] = MappingProxyType(
    {
        Compartment.REQUEST: 1,
        Compartment.CONTACT: 2,
        Compartment.INCIDENT: 4,
        Compartment.CLINICAL: 8,
        Compartment.SUD: 16,
        Compartment.TRANSPORT: 32,
        Compartment.OUTCOME: 64,
    }
)
"""Fixed for ever: these numbers stand in rows."""

ALL = sum(BIT.values())


def mask_of(compartments: Iterable[Compartment]) -> int:
    """The column value of a set of compartments."""
    return sum(BIT[compartment] for compartment in set(compartments))


def compartments_in(mask: int) -> frozenset[Compartment]:
    """The set a column value stands for. Raises ``ValueError`` for a bit that stands for nothing."""
    if mask & ~ALL:
        raise ValueError(f"{mask} names a compartment that does not exist")
    return frozenset(compartment for compartment, bit in BIT.items() if mask & bit)
