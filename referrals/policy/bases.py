"""The legal grounds of one disclosure (docs/law.md), as data.

Five are built; the others are named here so that a row can hold them and are denied until their rule is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from agencies.kinds import Purpose
from fhir.content.compartments import Compartment

C = Compartment


class Basis(StrEnum):
    """The ground on which one disclosure stands."""

    CONSENT_TPO = "consent_tpo"
    CONSENT_NAMED = "consent_named"
    CONSENT_2_35 = "consent_2_35"
    CONSENT_PROCEEDING = "consent_proceeding"
    INTERNAL_UNIT = "internal_unit"
    QSOA_BAA = "qsoa_baa"
    MEDICAL_EMERGENCY = "medical_emergency"
    HIPAA_510B = "hipaa_510b"
    HIPAA_512F2 = "hipaa_512f2"
    HIPAA_512J = "hipaa_512j"
    REQUIRED_REPORT = "required_report"
    CRIME_ON_PREMISES = "crime_on_premises"
    COURT_ORDER = "court_order"
    POLICE_BUSINESS = "police_business"
    DEIDENTIFIED = "deidentified"
    CLIENT_REQUEST = "client_request"
    REFERRAL_FOR_HELP = "referral_for_help"
    HIPAA_TREATMENT = "hipaa_treatment"


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisRule:
    """What a basis may carry, and between whom. ``None`` for a side means it does not matter."""

    rule: str
    opens: frozenset[Compartment]
    purpose: Purpose
    from_sworn: bool | None = None
    to_sworn: bool | None = None
    to_helping: bool | None = None
    from_covered: bool = False
    to_treating: bool = False
    from_part2: bool = False
    needs_consent: bool = False
    needs_agreement: bool = True


RULES: Mapping[Basis, BasisRule] = MappingProxyType(
    {
        Basis.REFERRAL_FOR_HELP: BasisRule(
            from_part2=True,
            rule="docs/permissions.md",
            opens=frozenset({C.REQUEST, C.CONTACT, C.INCIDENT, C.CLINICAL}),
            purpose=Purpose.COORDINATION,
            from_sworn=True,
            to_helping=True,
        ),
        Basis.POLICE_BUSINESS: BasisRule(
            from_part2=True,
            rule="docs/law.md",
            opens=frozenset({C.REQUEST, C.CONTACT, C.INCIDENT}),
            purpose=Purpose.COORDINATION,
            from_sworn=True,
            to_sworn=True,
        ),
        Basis.HIPAA_TREATMENT: BasisRule(
            rule="docs/permissions.md",
            opens=frozenset({C.REQUEST, C.CONTACT, C.CLINICAL, C.OUTCOME}),
            purpose=Purpose.TREATMENT,
            from_sworn=False,
            to_sworn=False,
            from_covered=True,
            to_treating=True,
        ),
        Basis.CONSENT_NAMED: BasisRule(
            from_part2=True,
            rule="R-P2-07",
            to_sworn=False,  # until what a consent says is read, none is believed to name the police (R-P2-06)
            opens=frozenset({C.REQUEST, C.CONTACT, C.CLINICAL, C.SUD, C.TRANSPORT, C.OUTCOME}),
            purpose=Purpose.TREATMENT,
            needs_consent=True,
        ),
        Basis.DEIDENTIFIED: BasisRule(
            from_part2=True,
            rule="R-P2-05",
            opens=frozenset({C.REQUEST}),
            purpose=Purpose.TREATMENT,
            to_sworn=False,
        ),
    }
)
"""The bases under which something may cross an agency boundary today. ``internal_unit`` never crosses one."""
