"""Role × compartment × action: the minimum necessary (docs/permissions.md), as one table.

C creates, R reads, U corrects. What is not in the table is denied. Limits that depend on time or on a consent
(an officer's twelve hours, a coach's consent class) come with the full gate.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from agencies.roles import Role
from fhir.content.compartments import Compartment


class Action(StrEnum):
    """What is done to a section."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"


TABLE = """
role             request  contact  incident  clinical  sud  transport  outcome
officer          R        CRU      CRU       C         -    CR         -
bhu_officer      R        RU       CRU       -         -    CR         -
dispatcher       -        C        C         -         -    C          -
clinician        CR       CRU      R         CRU       CRU  CR         CRU
coordinator      CR       CRU      R         CR        CRU  CRU        CRU
coach            R        RU       R         -         R    R          C
intake           R        R        -         R         CRU  R          CRU
driver           -        R        -         -         -    RU         -
agency_admin     -        -        -         -         -    -          -
privacy_officer  -        -        -         -         -    -          -
network_admin    -        -        -         -         -    -          -
analyst          -        -        -         -         -    -          -
liaison          -        -        -         -         -    -          -
wellness         -        -        -         -         -    -          -
chief            -        -        -         -         -    -          -
client           -        -        -         -         -    -          -
machine          -        -        -         -         -    -          -
"""


def read_table(text: str) -> dict[tuple[Role, Compartment], frozenset[Action]]:
    """The matrix as data. Raises ``ValueError`` for a role, compartment or letter that does not exist."""
    header, *rows = [line.split() for line in text.strip().splitlines()]
    compartments = [Compartment(name) for name in header[1:]]
    return {
        (Role(row[0]), compartment): frozenset(Action(letter) for letter in cell if letter != "-")
        for row in rows
        for compartment, cell in zip(compartments, row[1:], strict=True)
    }


MATRIX: Mapping[tuple[Role, Compartment], frozenset[Action]] = MappingProxyType(read_table(TABLE))


def permits(role: Role, compartment: Compartment, action: Action) -> bool:
    """Whether the table lets ``role`` do ``action`` to ``compartment``. An unknown name raises ``KeyError``."""
    return action in MATRIX[role, compartment]
