"""What the codes in a resource say it is about: substance use, or mental health screening. Tables only.

For sorting, not for sending: a code too many here seals more tightly, a code too few would show it.
"""

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from types import MappingProxyType

from fhir.content.exact import Object
from fhir.content.systems import (
    ACT_CODE,
    ENCOUNTER,
    HCPCS,
    ICD10,
    ICD10CM,
    LOINC,
    OBSERVATION_CATEGORY,
    PROGRAM,
    SERVICE_CATEGORY,
    SERVICE_TYPE,
    SNOMED,
)


class Sign(Enum):
    """What one code tells."""

    SUBSTANCE_USE = auto()
    MENTAL_HEALTH = auto()
    SURVEY = auto()


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# AUDIT-C and AUDIT, DAST-10, TAPS, the single-item drug screens: panels, items, totals (LOINC).
_SUBSTANCE_SCREENS = _codes(
    "72109-2 68518-0 68519-8 68520-6 75626-2 72110-0 75624-7 82666-9 82667-7 96842-0 88037-7 75889-6 96843-8 96844-6 "
    "68524-8 95530-2 96841-2"
)
# C-SSRS screener, PHQ-2 and PHQ-9, GAD-7.
_MENTAL_SCREENS = _codes(
    "93373-9 93246-7 93247-5 93248-3 93249-1 93250-9 93267-3 93269-9 93374-7 "
    "55757-9 55758-7 44249-1 44261-6 44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8 69722-7 "
    "69737-5 70274-6 69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7"
)
# Treatments of the value set 2.16.840.1.113883.3.464.1003.106.12.1005, then the disorders a record is likely to name.
_SUBSTANCE_CONCEPTS = _codes(
    "56876005 20093000 23915005 386449006 386450006 35637008 310653000 792901003 792902005 313071005 60112009 24165007 "
    "386451005 720174008 720176005 720177001 "
    "7200002 66590003 15167005 66214007 26416006 191816009 6525002 75544000 5602001 31956009 78267003 21647008 "
    "84758004 85005007 37344009 55680006 361055000"
)
_SUBSTANCE_SERVICES = _codes("105 107 108 111 317 552")
_SUBSTANCE_PROCEDURES = _codes(
    "H0005 H0006 H0007 H0008 H0009 H0010 H0011 H0012 H0013 H0014 H0015 H0020 "
    "G2067 G2068 G2069 G2070 G2071 G2072 G2073 G2074 G2075"
)

SUBSTANCE_LABELS = _codes("SUD ETH ETHUD OPIOIDUD 42CFRPart2 42CFRPart2CD")
MENTAL_LABELS = _codes("MH PSY PSYTHPN BH")

_EXACT: Mapping[str, tuple[tuple[frozenset[str], Sign], ...]] = MappingProxyType(
    {
        LOINC: ((_SUBSTANCE_SCREENS, Sign.SUBSTANCE_USE), (_MENTAL_SCREENS, Sign.MENTAL_HEALTH)),
        SNOMED: ((_SUBSTANCE_CONCEPTS, Sign.SUBSTANCE_USE),),
        HCPCS: ((_SUBSTANCE_PROCEDURES, Sign.SUBSTANCE_USE),),
        SERVICE_CATEGORY: ((_codes("12"), Sign.SUBSTANCE_USE),),
        SERVICE_TYPE: ((_SUBSTANCE_SERVICES, Sign.SUBSTANCE_USE),),
        PROGRAM: ((_codes("32"), Sign.SUBSTANCE_USE),),
        ENCOUNTER: ((_codes("substance"), Sign.SUBSTANCE_USE),),
        ACT_CODE: ((SUBSTANCE_LABELS, Sign.SUBSTANCE_USE), (MENTAL_LABELS, Sign.MENTAL_HEALTH)),
        OBSERVATION_CATEGORY: ((_codes("survey"), Sign.SURVEY),),
    }
)
# ICD: disorders due to substances, what they do to body and birth, poisoning, counseling.
_ICD = ("F1", "F55", "G62.1", "I42.6", "K29.2", "K70", "O99.31", "O99.32", "T40", "T51.0", "Y90", "Z71.41", "Z71.51")
_PREFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType({ICD10CM: _ICD, ICD10: _ICD})


def of(resource: Object) -> frozenset[Sign]:
    """The signs in the codes of ``resource``, its labels in ``meta`` apart."""
    found: set[Sign] = set()
    left = [value for name, value in resource.items() if name != "meta"]
    left.append({name: resource[name] for name in _NAMED if name in resource})
    while left:
        tree = left.pop()
        if isinstance(tree, dict):
            if not _TELLING.isdisjoint(tree):
                found.update(_signs(tree))
            left.extend(tree.values())
        elif isinstance(tree, list):
            left.extend(tree)
    return frozenset(found)


# A Questionnaire item's linkId and a LOINC panel's address name a code by their last part.
_NAMED = ("linkId", "questionnaire")
_TELLING = frozenset({"system", *_NAMED})


def _signs(tree: Object) -> Iterator[Sign]:
    """What one object says: a Coding, or an item or response that names its question."""
    system, code = tree.get("system"), tree.get("code")
    if isinstance(system, str) and isinstance(code, str):
        yield from _coded(system, code)
    for name in _NAMED:
        value = tree.get(name)
        if isinstance(value, str):
            yield from _coded(LOINC, value.partition("|")[0].rpartition("/")[2])


def _coded(system: str, code: str) -> Iterator[Sign]:
    for codes, sign in _EXACT.get(system, ()):
        if code in codes:
            yield sign
    if code.upper().startswith(_PREFIXES.get(system, ())):
        yield Sign.SUBSTANCE_USE
