"""When a medical check comes first, told by the codes of what is sent: after a walk-in, an overdose, before a ride."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType

from fhir.content.catalog import codings
from fhir.content.exact import Lexeme, Object
from fhir.content.questionnaires.medical_check import MEDICAL_CHECK
from fhir.content.questionnaires.scoring import scored
from fhir.content.systems import ENCOUNTER, SERVICE_TYPE

Said = tuple[str, str]
"""A fact and its answer, by their codes; a service that is asked for stands under ``service``."""

TELLING: Mapping[str, frozenset[Said]] = MappingProxyType(
    {
        "walk-in": frozenset({("location", "station"), ("way-in", "walk-in")}),
        "overdose": frozenset({("call", "overdose"), ("substance", "overdose"), ("naloxone", "some")}),
        "transport": frozenset(
            {
                ("disposition", "voluntary-ed"),
                ("disposition", "voluntary-treatment"),
                ("service", "230"),
                ("service", "465"),
            }
        ),
    }
)
"""By what the local EMS director may ask a check for, the facts that tell of it (``facts.FACTS``)."""


def is_due(resources: Iterable[Object], *, when: Collection[str]) -> bool:
    """Whether one of ``when`` holds by what these resources tell, and no medical check is among them.

    Raises ``KeyError`` for something that no check is asked for.
    """
    told = list(resources)
    asked = frozenset[Said]().union(*(TELLING[each] for each in when))
    if asked.isdisjoint(said for each in told for said in _said(each)):
        return False
    return not any(_is_check(each) for each in told)


def _is_check(resource: Object) -> bool:
    return resource.get("resourceType") == "QuestionnaireResponse" and scored(resource, MEDICAL_CHECK) is not None


def _said(resource: Object) -> Iterator[Said]:
    if resource.get("resourceType") == "ServiceRequest":
        yield from (("service", code) for system, code in codings(resource.get("code")) if system == SERVICE_TYPE)
    if resource.get("resourceType") == "Observation" and resource.get("status") != "entered-in-error":
        parts = resource.get("component")
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict):
                yield from _answers(part)


def _answers(part: Object) -> Iterator[Said]:
    facts = [code for system, code in codings(part.get("code")) if system == ENCOUNTER]
    given = [code for _system, code in codings(part.get("valueCodeableConcept"))]
    number = part.get("valueInteger")
    if isinstance(number, Lexeme) and number.text.strip("-0"):
        given.append("some")
    yield from ((fact, answer) for fact in facts for answer in given)
