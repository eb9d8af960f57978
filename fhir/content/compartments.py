"""The parts of a folder that have keys of their own, and which resource belongs in which.

Placed by type and sender, then raised, never lowered, by codes, by labels and by the author (HL7 DS4P).
Nothing that a sender wrote is ever placed in ``request``: only our own anonymous ask goes there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from fhir.content import signs
from fhir.content.exact import Object, Tree
from fhir.content.signs import Sign
from fhir.content.systems import ACT_CODE


class Compartment(StrEnum):
    """A part of a folder with its own keys (docs/words.md)."""

    REQUEST = "request"
    CONTACT = "contact"
    INCIDENT = "incident"
    CLINICAL = "clinical"
    SUD = "sud"
    TRANSPORT = "transport"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Source:
    """The unit that wrote: ``sworn`` police, ``part2`` a 42 CFR Part 2 program or one not yet known not to be."""

    sworn: bool
    part2: bool


# type -> (from a sworn unit, from any other). What police observed is police data (rule R-P2-03).
_BY_TYPE: Mapping[str, tuple[Compartment, Compartment]] = MappingProxyType(
    {
        "Patient": (Compartment.CONTACT, Compartment.CONTACT),
        "Consent": (Compartment.CONTACT, Compartment.CONTACT),
        "ServiceRequest": (Compartment.INCIDENT, Compartment.CLINICAL),
        "Task": (Compartment.INCIDENT, Compartment.CLINICAL),
        "Observation": (Compartment.INCIDENT, Compartment.CLINICAL),
        "Condition": (Compartment.INCIDENT, Compartment.CLINICAL),
        "DocumentReference": (Compartment.INCIDENT, Compartment.CLINICAL),
        "Communication": (Compartment.INCIDENT, Compartment.CLINICAL),
        "QuestionnaireResponse": (Compartment.CLINICAL, Compartment.CLINICAL),
    }
)
_RANK: Mapping[Compartment, int] = MappingProxyType(
    {Compartment.CONTACT: 1, Compartment.INCIDENT: 1, Compartment.CLINICAL: 2, Compartment.SUD: 3}
)

RANKED = frozenset(_RANK)
"""The compartments that ``place`` gives; into the others only our own words go."""


def place(resource: Object, *, source: Source, at_least: Compartment | None = None) -> Compartment:
    """The compartment of one resource of a referral.

    ``at_least`` is the author's own wish; like a label it may raise the place, never lower it.
    Raises ``KeyError`` for a type that does not arrive in a referral, or a wish outside the four that rank.
    """
    type_ = str(resource["resourceType"])
    sworn, other = _BY_TYPE[type_]
    places = [sworn if source.sworn else other, _by_code(type_, signs.of(resource), source), _by_label(resource)]
    return max((each for each in (*places, at_least) if each), key=_RANK.__getitem__)


def _by_code(type_: str, found: frozenset[Sign], source: Source) -> Compartment | None:
    if type_ == "Consent":
        # A consent says for itself what it covers; whoever holds the key of contact would read it there.
        return Compartment.SUD if Sign.SUBSTANCE_USE in found and not source.sworn else None
    screening = type_ == "QuestionnaireResponse" or bool(found & {Sign.SURVEY, Sign.MENTAL_HEALTH})
    if Sign.SUBSTANCE_USE in found and (screening or not source.sworn):
        return Compartment.SUD if source.part2 else Compartment.CLINICAL
    return Compartment.CLINICAL if screening else None


def _by_label(resource: Object) -> Compartment | None:
    labels = frozenset(label_codes(resource))
    if labels & signs.SUBSTANCE_LABELS:
        return Compartment.SUD
    return Compartment.CLINICAL if labels & signs.MENTAL_LABELS else None


def label_codes(resource: Object) -> list[str]:
    """The ActCode labels its author put on a resource: ``meta.security``, and a document's ``securityLabel``."""
    meta = resource.get("meta")
    labels = list(_list(meta.get("security") if isinstance(meta, dict) else None))
    if resource.get("resourceType") == "DocumentReference":
        for concept in _list(resource.get("securityLabel")):
            labels += _list(concept.get("coding") if isinstance(concept, dict) else None)
    return [str(each.get("code")) for each in labels if isinstance(each, dict) and each.get("system") == ACT_CODE]


def _list(tree: Tree) -> list[Tree]:
    return tree if isinstance(tree, list) else []
