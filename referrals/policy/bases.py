"""The legal grounds of one disclosure (docs/law.md), as data: who may use each, between whom, for which parts.

All eighteen stand here. A ground that waits for its form or its paper is ``shut`` with the code it is denied by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from agencies.kinds import Purpose
from agencies.roles import Role
from fhir.content.compartments import Compartment

from .codes import DenyCode
from .terms import Form
from .units import Trait

C, R, T = Compartment, Role, Trait


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


EVERYTHING = frozenset({"*"})
"""No limit on fields: the whole part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisRule:
    """One ground. A side must have all ``discloser`` or ``recipient`` traits; ``police`` narrows what police may get.

    ``forms`` are the consents that carry it (none: no consent is asked), ``fields`` the elements it is limited to,
    ``lasts`` how long what it opens stays open. ``shut`` is the code that denies a ground not to be used yet.
    """

    rule: str
    opens: frozenset[Compartment]
    purposes: frozenset[Purpose]
    roles: frozenset[Role]
    discloser: frozenset[Trait] = frozenset()
    recipient: frozenset[Trait] = frozenset()
    police: frozenset[Compartment] | None = None
    forms: frozenset[Form] = frozenset()
    fields: frozenset[str] = EVERYTHING
    agreement: bool = True
    switched: bool = False
    emergency: bool = False
    lasts: timedelta | None = None
    shut: DenyCode | None = None


HELPERS = frozenset({R.CLINICIAN, R.COORDINATOR, R.INTAKE})
SWORN_ROLES = frozenset({R.OFFICER, R.BHU_OFFICER, R.DISPATCHER})
CARE = frozenset({Purpose.TREATMENT, Purpose.COORDINATION, Purpose.CARE_MANAGEMENT})
ALL = frozenset(Compartment)
EMERGENCY_HOUR = timedelta(minutes=60)
MEDICAL_ROLES = (R.CLINICIAN, R.INTAKE)
"""Who at a medical facility is medical personnel: its police liaison, drivers and clerks are not (R-P2-14)."""

IDENTIFIERS = frozenset(
    {"Patient.name", "Patient.address", "Patient.birthDate", "Patient.identifier", "Patient.deceasedDateTime"}
)
"""What 45 CFR 164.512(f)(2) lists that a record of ours can hold; never what somebody wrote."""

RULES: Mapping[Basis, BasisRule] = MappingProxyType(
    {
        Basis.REFERRAL_FOR_HELP: BasisRule(
            rule="R-P2-03",
            opens=frozenset({C.REQUEST, C.CONTACT, C.INCIDENT, C.CLINICAL}),
            purposes=frozenset({Purpose.COORDINATION}),
            roles=SWORN_ROLES,
            discloser=frozenset({T.SWORN}),
            recipient=frozenset({T.HELPING}),
        ),
        Basis.POLICE_BUSINESS: BasisRule(
            rule="R-P2-03",
            opens=frozenset({C.REQUEST, C.CONTACT, C.INCIDENT}),
            purposes=frozenset({Purpose.COORDINATION}),
            roles=SWORN_ROLES,
            discloser=frozenset({T.SWORN}),
            recipient=frozenset({T.SWORN}),
        ),
        Basis.HIPAA_TREATMENT: BasisRule(
            rule="R-P2-01",
            opens=frozenset({C.REQUEST, C.CONTACT, C.CLINICAL}),
            purposes=frozenset({Purpose.TREATMENT}),
            roles=HELPERS,
            discloser=frozenset({T.CIVILIAN, T.COVERED, T.TREATING, T.NOT_PART2}),
            recipient=frozenset({T.CIVILIAN, T.TREATING}),
            switched=True,
        ),
        Basis.CONSENT_TPO: BasisRule(
            rule="R-P2-06",
            opens=frozenset({C.REQUEST, C.CONTACT, C.CLINICAL, C.SUD, C.TRANSPORT, C.OUTCOME}),
            purposes=CARE,
            roles=HELPERS,
            recipient=frozenset({T.CIVILIAN}),
            forms=frozenset({Form.TPO}),
        ),
        Basis.CONSENT_NAMED: BasisRule(
            rule="R-P2-07",
            opens=frozenset({C.REQUEST, C.CONTACT, C.CLINICAL, C.SUD, C.TRANSPORT, C.OUTCOME}),
            purposes=CARE,
            roles=HELPERS,
            police=frozenset({C.OUTCOME}),
            forms=frozenset({Form.NAMED}),
        ),
        Basis.DEIDENTIFIED: BasisRule(
            rule="R-P2-05",
            opens=frozenset({C.REQUEST}),
            purposes=CARE,
            roles=HELPERS | {R.ANALYST},
            recipient=frozenset({T.CIVILIAN}),
        ),
        Basis.MEDICAL_EMERGENCY: BasisRule(
            rule="R-P2-14",
            opens=frozenset({C.REQUEST, C.CONTACT, C.CLINICAL, C.SUD}),
            purposes=frozenset({Purpose.EMERGENCY_TREATMENT}),
            roles=HELPERS,
            recipient=frozenset({T.MEDICAL, T.CIVILIAN}),
            agreement=False,
            emergency=True,
            lasts=EMERGENCY_HOUR,
        ),
        Basis.HIPAA_512J: BasisRule(
            rule="R-H-04",
            opens=frozenset({C.CONTACT, C.INCIDENT}),
            purposes=frozenset({Purpose.THREAT}),
            roles=frozenset({R.CLINICIAN}),
            discloser=frozenset({T.CIVILIAN}),
            fields=frozenset({"Patient.name", "Patient.birthDate", "Communication"}),
            agreement=False,
            emergency=True,
        ),
        Basis.QSOA_BAA: BasisRule(
            rule="R-P2-16",
            opens=frozenset({C.TRANSPORT}),
            purposes=frozenset({Purpose.OPERATIONS, Purpose.COORDINATION}),
            roles=HELPERS,
            discloser=frozenset({T.CIVILIAN}),
            recipient=frozenset({T.SERVING}),
        ),
        Basis.HIPAA_512F2: BasisRule(
            rule="R-H-03",
            opens=frozenset({C.CONTACT}),
            purposes=frozenset({Purpose.LEGAL}),
            roles=frozenset({R.PRIVACY_OFFICER, R.CLINICIAN}),
            discloser=frozenset({T.CIVILIAN, T.NOT_PART2}),
            recipient=frozenset({T.SWORN}),
            fields=IDENTIFIERS,
            agreement=False,
            shut=DenyCode.LEGAL_PROCESS_INSUFFICIENT,
        ),
        Basis.COURT_ORDER: BasisRule(
            rule="R-P2-18",
            opens=ALL,
            purposes=frozenset({Purpose.LEGAL}),
            roles=frozenset({R.PRIVACY_OFFICER}),
            agreement=False,
            shut=DenyCode.LEGAL_PROCESS_INSUFFICIENT,
        ),
        Basis.CONSENT_2_35: BasisRule(
            rule="R-P2-10",
            opens=frozenset({C.OUTCOME}),
            purposes=frozenset({Purpose.LEGAL}),
            roles=frozenset({R.COORDINATOR, R.INTAKE}),
            recipient=frozenset({T.SWORN}),
            forms=frozenset({Form.CRIMINAL_JUSTICE}),
            shut=DenyCode.NO_BASIS,
        ),
        Basis.CONSENT_PROCEEDING: BasisRule(
            rule="R-P2-08",
            opens=ALL,
            purposes=frozenset({Purpose.LEGAL}),
            roles=frozenset({R.PRIVACY_OFFICER}),
            forms=frozenset({Form.PROCEEDING}),
            shut=DenyCode.NO_BASIS,
        ),
        Basis.CRIME_ON_PREMISES: BasisRule(
            rule="R-P2-19",
            opens=frozenset({C.CONTACT}),
            purposes=frozenset({Purpose.LEGAL}),
            roles=frozenset({R.INTAKE}),
            recipient=frozenset({T.SWORN}),
            agreement=False,
            shut=DenyCode.NO_BASIS,
        ),
        Basis.REQUIRED_REPORT: BasisRule(
            rule="R-MAND-01",
            opens=frozenset(),
            purposes=frozenset({Purpose.LEGAL}),
            roles=HELPERS | {R.COACH, R.OFFICER},
            recipient=frozenset({T.NETWORK}),
            agreement=False,
        ),
        Basis.HIPAA_510B: BasisRule(
            rule="R-H-02",
            opens=frozenset(),
            purposes=CARE,
            roles=frozenset({R.CLINICIAN}),
            recipient=frozenset({T.NETWORK}),
            agreement=False,
            shut=DenyCode.NO_BASIS,
        ),
        Basis.CLIENT_REQUEST: BasisRule(
            rule="R-H-06",
            opens=frozenset(),
            purposes=frozenset({Purpose.PATIENT_REQUEST}),
            roles=frozenset({R.CLIENT, R.COORDINATOR}),
            recipient=frozenset({T.NETWORK}),
            agreement=False,
        ),
        Basis.INTERNAL_UNIT: BasisRule(
            rule="R-P2-02",
            opens=ALL,
            purposes=frozenset(Purpose),
            roles=frozenset(Role),
            shut=DenyCode.NO_BASIS,
            agreement=False,
        ),
    }
)
"""Every basis. ``internal_unit`` never crosses a boundary; a report and a client's own copy go to nobody on it."""

CONSENTS = frozenset(basis for basis, rule in RULES.items() if rule.forms)
