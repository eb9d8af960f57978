"""The anonymous ask: what a provider may read before anybody has agreed that it may know who (docs/words.md).

Made from allow-listed codes in our own words; no string of the sender's, no date and no narrative gets in.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from uuid import UUID

from fhir.content.bindings import REQUEST_PRIORITY
from fhir.content.catalog import CATEGORIES, LEVELS, SERVICES, coding, codings, concept, known, language
from fhir.content.exact import Object, Tree
from fhir.content.screens import Risk, risk
from fhir.content.systems import ANONYMOUS_ASK

# The oldest age of each band.
_AGE_BANDS: tuple[tuple[int, str, str], ...] = (
    (12, "age-0-12", "Under 13"),
    (17, "age-13-17", "13 to 17"),
    (24, "age-18-24", "18 to 24"),
    (34, "age-25-34", "25 to 34"),
    (44, "age-35-44", "35 to 44"),
    (54, "age-45-54", "45 to 54"),
    (64, "age-55-64", "55 to 64"),
    (999, "age-65-on", "65 or over"),
)
AGE_BANDS: Mapping[str, str] = MappingProxyType({code: words for _oldest, code, words in _AGE_BANDS})
_UNITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "female": ("unit-women", "Unit for women"),
        "male": ("unit-men", "Unit for men"),
        "other": ("unit-ask", "Unit: ask"),
        "unknown": ("unit-ask", "Unit: ask"),
    }
)
_RISKS: Mapping[Risk, tuple[str, str]] = MappingProxyType(
    {
        Risk.HIGH: ("risk-high", "suicide risk: high"),
        Risk.INCOMPLETE: ("risk-incomplete", "suicide risk: screen incomplete, treat as high"),
        Risk.MODERATE: ("risk-moderate", "suicide risk: moderate"),
        Risk.LOW: ("risk-low", "suicide risk: low"),
        Risk.NONE: ("risk-none", "suicide risk: none found"),
    }
)


def anonymous_ask(
    service_request: Object, patient: Object, screens: Iterable[Object], *, id_: UUID, patient_id: UUID, today: date
) -> Object:
    """The ServiceRequest of the compartment ``request``.

    Takes a validated request, its client and what was screened or seen (QuestionnaireResponses, Observations); gives a
    request with code, category, priority, and in ``orderDetail`` level of care, age band, unit, language and risk.
    ``patient_id`` is the client's id inside this referral alone, ``today`` the day the age is reckoned for.
    """
    told = list(screens)
    category = list(known(service_request.get("category"), CATEGORIES))
    code: list[Tree] = list(known(service_request.get("code"), SERVICES))
    priority = service_request.get("priority")
    detail = [
        *_levels(service_request),
        *_age(patient.get("birthDate"), today, told),
        *_unit(patient.get("gender")),
        *_language(patient.get("communication")),
        *_risk(told),
    ]
    made: Object = {"resourceType": "ServiceRequest", "id": str(id_), "status": "active", "intent": "order"}
    if category:
        made["category"] = [{"coding": [each]} for each in category]
    if priority in REQUEST_PRIORITY:
        made["priority"] = priority
    made["code"] = {"coding": code or [coding(ANONYMOUS_ASK, "unspecified", "Help wanted, its kind not coded")]}
    if detail:
        made["orderDetail"] = detail
    made["subject"] = {"reference": f"Patient/{patient_id}"}
    return made


def service_code(ask: Object) -> str:
    """The code of the help an anonymous ask is for, ``unspecified`` if its kind was not coded."""
    return next(code for _system, code in codings(ask["code"]))


def _levels(service_request: Object) -> Iterator[Tree]:
    for each in known([service_request.get("code"), service_request.get("orderDetail")], LEVELS):
        yield {"coding": [each]}


def _age(birth_date: Tree, today: date, told: Iterable[Object]) -> Iterator[Tree]:
    """The band of an age, or the one that was guessed; nothing where a year or a month alone leaves two possible."""
    if not isinstance(birth_date, str):
        yield from _guessed(told)
        return
    bands = {_band(born, today) for born in _between(birth_date)}
    if len(bands) == 1 and (band := bands.pop()):
        yield concept(ANONYMOUS_ASK, *band)


def _guessed(told: Iterable[Object]) -> Iterator[Tree]:
    """The band that somebody put down who saw the person: the first coded one of an Observation's components."""
    parts = [each for tree in told if isinstance(written := tree.get("component"), list) for each in written]
    said = (code for each in parts if isinstance(each, dict) for code in codings(each.get("valueCodeableConcept")))
    for system, code in said:
        if system == ANONYMOUS_ASK and code in AGE_BANDS:
            yield concept(ANONYMOUS_ASK, code, AGE_BANDS[code])
            return


def _between(birth_date: str) -> tuple[date, date]:
    """The first and last day that a FHIR date may mean."""
    year, month, day = (*map(int, birth_date.split("-")), 0, 0)[:3]
    first, last = date(year, month or 1, day or 1), date(year, month or 12, 1)
    return first, first if day else last.replace(day=monthrange(last.year, last.month)[1])


def _band(born: date, today: date) -> tuple[str, str] | None:
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return next(((code, words) for oldest, code, words in _AGE_BANDS if 0 <= age <= oldest), None)


def _unit(gender: Tree) -> Iterator[Tree]:
    if isinstance(gender, str) and gender in _UNITS:
        yield concept(ANONYMOUS_ASK, *_UNITS[gender])


def _language(communication: Tree) -> Iterator[Tree]:
    """The preferred language, or the first."""
    spoken = [each for each in communication if isinstance(each, dict)] if isinstance(communication, list) else []
    for each in sorted(spoken, key=lambda one: one.get("preferred") is not True)[:1]:
        tags = [code for _, code in codings(each.get("language"))]
        yield language(tags[0] if tags else "")


def _risk(screens: Iterable[Object]) -> Iterator[Tree]:
    level = risk(screens)
    if level:
        code, words = _RISKS[level]
        yield concept(ANONYMOUS_ASK, code, words) | {"text": words}
