"""The kinds of help that may be named without a name: code, and the words *we* show for it.

An anonymous ask carries codes of this table only, so nothing a sender typed can ride along in a display.
Sources: LOINC, SNOMED CT, HCPCS, HL7 service-type; levels of care are codes alone, their text is licensed.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from fhir.content.exact import Object, Tree
from fhir.content.systems import (
    ANONYMOUS_ASK,
    BCP47,
    HCPCS,
    LEVEL_OF_CARE,
    PROGRAM,
    SERVICE_CATEGORY,
    SERVICE_TYPE,
    SNOMED,
)

Concepts = Mapping[str, str]

CATEGORIES: Mapping[str, Concepts] = MappingProxyType(
    {
        SERVICE_CATEGORY: {
            "8": "Counselling",
            "12": "Drug/Alcohol",
            "18": "Housing/Homelessness",
            "20": "Justice",
            "22": "Mental Health",
            "33": "Transport",
        },
        SNOMED: {"386053000": "Evaluation procedure", "410606002": "Social service procedure"},
    }
)

SERVICES: Mapping[str, Concepts] = MappingProxyType(
    {
        SERVICE_TYPE: {
            "105": "Drug and/or Alcohol Counselling",
            "107": "Needle & Syringe Exchange",
            "108": "Non-resid. Alcohol/Drug Treatment",
            "111": "Residential Alcohol/Drug Treatment",
            "126": "Crisis/Emergency Accommodation",
            "127": "Homelessness Support",
            "135": "Mental Health Assess/Triage/Crisis Response",
            "136": "Mental Health Case Management",
            "230": "Patient Transport",
            "305": "Counselling",
            "308": "Crisis Assessment",
            "317": "Detoxification",
            "465": "Transport",
            "490": "General Mental Health Services",
            "541": "Crisis - Mental Health",
            "552": "Drug and/or Alcohol Support Groups",
        },
        PROGRAM: {"32": "Methadone/Buprenorphine Program"},
        SNOMED: {
            "18512000": "Individual psychotherapy",
            "20093000": "Alcohol rehabilitation and detoxification",
            "23915005": "Combined alcohol and drug rehabilitation and detoxification",
            "24165007": "Alcoholism counseling",
            "310653000": "Methadone maintenance",
            "313071005": "Counseling for substance abuse",
            "35637008": "Alcohol rehabilitation",
            "386449006": "Alcohol withdrawal treatment",
            "386450006": "Drug withdrawal treatment",
            "410606002": "Social service procedure",
            "56876005": "Drug rehabilitation and detoxification",
            "60112009": "Drug counseling",
            "75516001": "Psychotherapy",
            "792901003": "Buprenorphine maintenance",
            "792902005": "Buprenorphine and naloxone maintenance",
        },
        HCPCS: {
            "H0004": "Behavioral health counseling",
            "H0005": "Alcohol and/or drug group counseling",
            "H0006": "Alcohol and/or drug case management",
            "H0007": "Alcohol and/or drug crisis intervention",
            "H0010": "Sub-acute detoxification, residential",
            "H0011": "Acute detoxification, residential",
            "H0014": "Ambulatory detoxification",
            "H0018": "Short-term residential treatment",
            "H0020": "Methadone service",
        },
    }
)

_ASAM = "0.5 1 1.0 1.5 1.7 2.1 2.5 2.7 3.1 3.3 3.5 3.7 4 OTP 1-WM 2-WM 3.2-WM 3.7-WM 4-WM 3.7-BIO"
LEVELS: Mapping[str, Concepts] = MappingProxyType(
    {
        LEVEL_OF_CARE: {code: f"Level of care {code}" for code in _ASAM.split()}
        | {
            "crisis-stabilization": "Crisis stabilization",
            "respite": "Respite",
            "partial-hospital": "Partial hospital program",
            "intensive-outpatient": "Intensive outpatient program",
            "outpatient": "Outpatient",
            "inpatient": "Inpatient",
        }
    }
)

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"en": "English", "es": "Spanish", "pt": "Portuguese", "km": "Khmer", "ase": "American Sign Language"}
)


def coding(system: str, code: str, display: str) -> Object:
    """A FHIR Coding in our own words."""
    return {"system": system, "code": code, "display": display}


def concept(system: str, code: str, display: str) -> Object:
    """A CodeableConcept of one coding."""
    return {"coding": [coding(system, code, display)]}


def language(tag: str) -> Object:
    """The concept of a BCP 47 tag by its language alone: a region, or a rare language, could point at one person."""
    name = tag.partition("-")[0].lower()
    if name in LANGUAGES:
        return concept(BCP47, name, LANGUAGES[name])
    return concept(ANONYMOUS_ASK, "language-other", "Another language")


def codings(concepts: Tree) -> Iterator[tuple[str, str]]:
    """The (system, code) of every coding in one or more CodeableConcepts."""
    if isinstance(concepts, list):
        for each in concepts:
            yield from codings(each)
    elif isinstance(concepts, dict) and isinstance(written := concepts.get("coding"), list):
        for each in written:
            if isinstance(each, dict):
                yield str(each.get("system")), str(each.get("code"))


def known(concepts: Tree, allowed: Mapping[str, Concepts]) -> Iterator[Object]:
    """The codings of one or more concepts that a table here has, once each, in its words."""
    for system, code in dict.fromkeys(codings(concepts)):
        if code in allowed.get(system, {}):
            yield coding(system, code, allowed[system][code])
