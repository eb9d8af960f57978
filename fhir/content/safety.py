"""Safety facts of a contact, as codes: what the next officer at the door should know, and nothing else. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from fhir.content.catalog import codings
from fhir.content.exact import Object

SAFETY = "https://bhu.example.org/fhir/CodeSystem/safety-fact"

FACTS: Mapping[str, str] = MappingProxyType(
    {
        "weapon-seen": "A weapon was seen",
        "weapon-at-home": "Weapons at home",
        "de-escalation": "What calmed the person",
        "children": "Children live there",
        "call-clinician": "Call this clinician first",
    }
)
"""The facts there are, and our words for each."""

WEAPONS = frozenset({"weapon-seen", "weapon-at-home"})


def fact_of(resource: Object) -> str | None:
    """The code of the safety fact an Observation states; ``None`` if it is none, or was entered in error."""
    if resource.get("resourceType") != "Observation" or resource.get("status") == "entered-in-error":
        return None
    found = (code for system, code in codings(resource.get("code")) if system == SAFETY and code in FACTS)
    return next(found, None)


def words_of(resource: Object) -> str:
    """What the officer wrote with it, if that is text; "" else."""
    value = resource.get("valueString")
    return value if isinstance(value, str) else ""
