"""The statements that travel with substance-use records (42 CFR 2.32, rule of 2024), word for word (R-P2-11).

Public domain. A changed letter is a changed legal text: the hashes are held by a test.
"""

from collections.abc import Set
from dataclasses import dataclass

from fhir.content.compartments import Compartment


@dataclass(frozen=True, slots=True)
class Notice:
    """One statement: its version, as ledger rows name it, and its words."""

    version: str
    text: str


PART2 = Notice(
    "42cfr2-2024",
    "This record which has been disclosed to you is protected by Federal confidentiality rules (42 CFR part 2). These "
    "rules prohibit you from using or disclosing this record, or testimony that describes the information contained in "
    "this record, in any civil, criminal, administrative, or legislative proceedings by any Federal, State, or local "
    "authority, against the patient, unless authorized by the consent of the patient, except as provided at 42 CFR "
    "2.12(c)(5) or as authorized by a court in accordance with 42 CFR 2.64 or 2.65. In addition, the Federal rules "
    "prohibit you from making any other use or disclosure of this record unless at least one of the following applies: "
    "(i) Further use or disclosure is expressly permitted by the written consent of the individual whose information "
    "is being disclosed in this record or as otherwise permitted by 42 CFR part 2. (ii) You are a covered entity or "
    "business associate and have received the record for treatment, payment, or health care operations, or (iii) You "
    "have received the record from a covered entity or business associate as permitted by 45 CFR part 164, subparts A "
    "and E. A general authorization for the release of medical or other information is NOT sufficient to meet the "
    "required elements of written consent to further use or redisclose the record (see 42 CFR 2.31).",
)
PART2_SHORT = Notice("42cfr2-2024-short", "42 CFR part 2 prohibits unauthorized use or disclosure of these records.")

DISPLAY = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-display"
"""The extension of ``meta`` in which a resource carries its statement (HL7 DS4P)."""

CARRYING = frozenset({Compartment.SUD})
"""The compartments whose every outbound artefact carries a notice."""


def version_for(compartments: Set[Compartment]) -> str:
    """The version of the statement that must travel with these compartments; "" if none must."""
    return PART2.version if compartments & CARRYING else ""
