"""The gate as the law has it, written by hand: who does what to which part, and what crosses on which ground."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from agencies.kinds import AgencyKind, Purpose
from agencies.roles import Role
from fhir.content.compartments import Compartment
from referrals.policy.bases import RULES, Basis
from referrals.policy.gate import Access, Crossing, Deny, decide
from referrals.policy.matrix import Action
from referrals.policy.terms import Form, Method, Standing, Terms
from referrals.policy.units import Unit

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARTS = ("request", "contact", "incident", "clinical", "sud", "transport", "outcome")

# Domain §2, a small letter where the law sets a limit. The request is our own anonymous ask. Two cells differ: a
# coordinator creates clinical sections, because the request of a helping unit is one; a coach reads no outcome,
# because it is under the clinical key. A chief, a client and a machine read nothing yet.
MAY = """
officer      r   Cru  cru  C    -    cr   -
bhu_officer  R   RU   CRU  -    -    CR   -
dispatcher   -   C    C    -    -    C    -
clinician    CR  CRU  R    CRU  CRU  CR   CRU
coordinator  CR  CRU  r    Cr   CRU  CRU  CRU
coach        R   RU   R    -    r    R    C
intake       R   R    -    R    CRU  R    CRU
driver       -   R    -    -    -    RU   -
"""
CELLS = {
    (Role(role), Compartment(part)): letters
    for role, *row in map(str.split, MAY.strip().splitlines())
    for part, letters in zip(PARTS, row, strict=True)
}


class Row(NamedTuple):
    """One ground as the law has it: who may use it, between whom, for which parts, what of them to police."""

    who: str
    here: frozenset[str]
    there: frozenset[str]
    parts: str
    police: str = ""
    purpose: Purpose = Purpose.TREATMENT


def unit(number: int, kind: AgencyKind, *, part2: bool = False, covered: bool = True, treating: bool = True) -> Unit:
    return Unit(agency_id=UUID(int=number), kind=kind, part2=part2, covered=covered, treating=treating)


UNITS = {
    "police": unit(1, AgencyKind.POLICE, covered=False, treating=False),
    "bhu": unit(2, AgencyKind.BHU, part2=True, treating=False),
    "crisis team": unit(3, AgencyKind.CRISIS_TEAM),
    "detox": unit(4, AgencyKind.PROVIDER, part2=True),
    "clinic": unit(5, AgencyKind.PROVIDER),
    "billing office": unit(6, AgencyKind.PROVIDER, treating=False),
    "hospital": unit(7, AgencyKind.HOSPITAL),
    "shelter": unit(8, AgencyKind.SHELTER, covered=False, treating=False),
    "drivers": unit(9, AgencyKind.TRANSPORT, covered=False, treating=False),
    "operator": unit(10, AgencyKind.OPERATOR, covered=False, treating=False),
}
ANY = frozenset(UNITS)
POLICE = frozenset({"police"})
CIVIL = ANY - POLICE
HELPING = CIVIL - {"drivers", "operator"}
TREATING = frozenset({"crisis team", "detox", "clinic", "hospital"})
HELPERS = "clinician coordinator intake"
CARED = "request contact clinical sud transport outcome"

# Domain §3.11 and design §6: the nine grounds on which something crosses. None is of use to anybody else.
CROSSES = {
    "referral_for_help": Row(
        "officer bhu_officer dispatcher", POLICE, HELPING, "request contact incident clinical",
        purpose=Purpose.COORDINATION,
    ),
    "police_business": Row(
        "officer bhu_officer dispatcher", POLICE, POLICE, "request contact incident", "request contact incident",
        purpose=Purpose.COORDINATION,
    ),
    "hipaa_treatment": Row(HELPERS, TREATING - {"detox"}, TREATING, "request contact clinical"),
    "consent_tpo": Row(HELPERS, ANY, CIVIL, CARED),
    "consent_named": Row(HELPERS, ANY, ANY, CARED, "outcome"),
    "deidentified": Row(f"{HELPERS} analyst", ANY, CIVIL, "request"),
    "medical_emergency": Row(
        HELPERS, ANY, TREATING, "request contact clinical sud", purpose=Purpose.EMERGENCY_TREATMENT
    ),
    "hipaa_512j": Row("clinician", CIVIL, ANY, "contact incident", "contact incident", purpose=Purpose.THREAT),
    "qsoa_baa": Row(HELPERS, CIVIL, frozenset({"drivers", "operator"}), "transport", purpose=Purpose.OPERATIONS),
}  # fmt: skip
# The other nine: why each is denied, whoever asks for whatever.
SHUT = {
    "internal_unit": "NO_BASIS",
    "hipaa_512f2": "LEGAL_PROCESS_INSUFFICIENT",
    "court_order": "LEGAL_PROCESS_INSUFFICIENT",
    "consent_2_35": "NO_BASIS",
    "consent_proceeding": "NO_BASIS",
    "crime_on_premises": "NO_BASIS",
    "required_report": "NO_BASIS",
    "hipaa_510b": "NO_BASIS",
    "client_request": "NO_BASIS",
}
FORMS = {"consent_tpo": Form.TPO, "consent_2_35": Form.CRIMINAL_JUSTICE, "consent_proceeding": Form.PROCEEDING}


def terms(**changes: Any) -> Terms:
    """A consent that covers everything for everybody, signed yesterday, good until tomorrow."""
    said: dict[str, Any] = {
        "consent": UUID(int=99),
        "version": 1,
        "form": Form.NAMED,
        "form_version": "named/v1/en",
        "form_hash": "0" * 64,
        "method": Method.PAPER,
        "standing": Standing.ACTIVE,
        "holder": UNITS["bhu"].agency_id,
        "answers": True,
        "agencies": frozenset(each.agency_id for each in UNITS.values()),
        "classes": frozenset(),
        "compartments": frozenset(Compartment),
        "purposes": frozenset(Purpose),
        "since": NOON - DAY,
        "until": NOON + DAY,
    }
    return Terms(**said | changes)


def crossing(basis: str, here: str, there: str, part: str, **facts: Any) -> Crossing:
    """A crossing with everything that could speak for it."""
    known: dict[str, Any] = {
        "purpose": CROSSES[basis].purpose if basis in CROSSES else Purpose.LEGAL,
        "role": None,
        "at": NOON,
        "agreement": True,
        "switched_on": True,
        "restricted": False,
        "accepted": True,
        "kept_local": False,
        "terms": terms(form=FORMS.get(basis, Form.NAMED), holder=UNITS[here].agency_id),
        "fields": RULES[Basis(basis)].fields,
    }
    return Crossing(
        compartment=Compartment(part), discloser=UNITS[here], recipient=UNITS[there], basis=Basis(basis),
        **known | facts,
    )  # fmt: skip


def reading(role: str = "clinician", part: str = "contact", action: str = "R", **facts: Any) -> Access:
    """Somebody asks for a part of a referral with everything that could speak for it."""
    known: dict[str, Any] = {
        "granted": True, "takes_part": True, "holds_compartment": True, "purpose": Purpose.TREATMENT, "own": True,
        "age": HOUR, "helped": True,
    }  # fmt: skip
    return Access(role=Role(role), compartment=Compartment(part), action=Action(action), **known | facts)


def code(question: Access | Crossing) -> str:
    """Why not; "" for a permit."""
    answer = decide(question)
    return answer.code.value if isinstance(answer, Deny) else ""
