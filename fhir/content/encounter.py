"""A referral as somebody tells it on a form, made into one FHIR transaction Bundle.

Pure: who writes, when and under which ids comes from the caller, so what was previewed is what is sent, byte by byte.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import UUID, uuid5

from fhir.content import exact
from fhir.content.catalog import SERVICES, concept, language
from fhir.content.exact import Object, Tree
from fhir.content.facts import Given, Topic, components
from fhir.content.questionnaires import response
from fhir.content.questionnaires.responses import Given as Answer
from fhir.content.systems import ENCOUNTER, SERVICE_CATEGORY, SERVICE_TYPE

Screens = Mapping[str, Mapping[str, Answer]]
"""Answers to instruments, by the instrument's canonical address."""

_TITLES = MappingProxyType({Topic.ENCOUNTER: "Encounter", Topic.SUBSTANCE: "Alcohol or drugs"})
_CATEGORIES = MappingProxyType({"317": "12", "105": "12", "108": "12", "111": "12", "126": "18", "127": "18"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who writes: a reference (``PractitionerRole/<id>``) and the words people know them by."""

    reference: str
    words: str

    def as_reference(self) -> Object:
        """As an element of FHIR."""
        return {"reference": self.reference, "display": self.words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told. Empty is not known; nothing is made up for it.

    ``service`` is a code of HL7's service-type that ``catalog.SERVICES`` has, ``priority`` one of FHIR, ``born`` a
    FHIR date or a part of one, ``gender`` a code of FHIR, ``tongue`` a BCP 47 tag, ``occurred`` a FHIR dateTime.
    """

    occurred: str
    priority: str
    service: str
    given: str = ""
    family: str = ""
    alias: str = ""
    born: str = ""
    gender: str = ""
    tongue: str = ""
    phone: str = ""
    street: str = ""
    town: str = ""
    case_number: str = ""
    narrative: str = ""
    facts: Given = field(default_factory=dict)
    screens: Screens = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Writing:
    """Who writes, when, and what its ids are made from."""

    author: Author
    key: UUID
    authored: str

    def id_of(self, name: str) -> UUID:
        return uuid5(self.key, name)

    @property
    def patient(self) -> UUID:
        return self.id_of("Patient")

    @property
    def subject(self) -> Object:
        return {"reference": f"Patient/{self.patient}"}


def bundle(told: Told, *, author: Author, key: UUID, authored: str) -> bytes:
    """The Bundle as bytes: Patient, ServiceRequest, what was seen, what was screened.

    ``key`` is what the ids are made from: the same told twice is the same bytes. ``authored`` is a FHIR dateTime.
    Raises ``KeyError`` for a code that no table has, ``Invalid`` for an answer that its question does not have.
    """
    trees = resources(told, author=author, key=key, authored=authored)
    entries: list[Tree] = [
        {
            "fullUrl": f"urn:uuid:{tree['id']}",
            "resource": tree,
            "request": {"method": "POST", "url": tree["resourceType"]},
        }
        for tree in trees
    ]
    return exact.dump({"resourceType": "Bundle", "type": "transaction", "entry": entries})


def resources(told: Told, *, author: Author, key: UUID, authored: str) -> list[Object]:
    """What ``bundle`` holds, and what it raises."""
    writing = _Writing(author, key, authored)
    seen = [*_observations(told, writing), *_responses(told, writing)]
    return [_patient(told, writing.patient), _request(told, writing, seen), *seen]


def _patient(told: Told, id_: UUID) -> Object:
    made: Object = {"resourceType": "Patient", "id": str(id_)}
    names = list(_names(told))
    if names:
        made["name"] = names
    if told.phone:
        made["telecom"] = [{"system": "phone", "value": told.phone}]
    if told.gender:
        made["gender"] = told.gender
    if told.born:
        made["birthDate"] = told.born
    if address := _address(told):
        made["address"] = [address]
    if told.tongue:
        made["communication"] = [{"language": language(told.tongue), "preferred": True}]
    return made


def _names(told: Told) -> Iterator[Tree]:
    if told.given or told.family:
        family: Object = {"family": told.family} if told.family else {}
        given: Object = {"given": [told.given]} if told.given else {}
        yield {"use": "usual"} | family | given
    if told.alias:
        yield {"use": "nickname", "text": told.alias}


def _address(told: Told) -> Object:
    line: Object = {"line": [told.street]} if told.street else {}
    return line | ({"city": told.town} if told.town else {})


def _request(told: Told, writing: _Writing, seen: list[Object]) -> Object:
    made: Object = {"resourceType": "ServiceRequest", "id": str(writing.id_of("ServiceRequest"))}
    if told.case_number:
        made["identifier"] = [{"type": {"text": "Case number"}, "value": told.case_number}]
    made |= {
        "status": "active",
        "intent": "order",
        "category": [{"coding": [{"system": SERVICE_CATEGORY, "code": _CATEGORIES.get(told.service, "22")}]}],
        "priority": told.priority,
        "code": concept(SERVICE_TYPE, told.service, SERVICES[SERVICE_TYPE][told.service]),
        "subject": writing.subject,
        "authoredOn": writing.authored,
        "requester": writing.author.as_reference(),
    }
    if seen:
        made["supportingInfo"] = [{"reference": f"{each['resourceType']}/{each['id']}"} for each in seen]
    if told.narrative:
        made["note"] = [{"time": writing.authored, "text": told.narrative}]
    return made


def _observations(told: Told, writing: _Writing) -> Iterator[Object]:
    """What was seen; when it was is a fact by itself, also where nothing else was put down."""
    for topic in Topic:
        parts = components(told.facts, topic)
        if parts or topic is Topic.ENCOUNTER:
            made: Object = {
                "resourceType": "Observation",
                "id": str(writing.id_of(topic.value)),
                "status": "final",
                "code": concept(ENCOUNTER, topic.value, _TITLES[topic]),
                "subject": writing.subject,
                "effectiveDateTime": told.occurred,
                "performer": [writing.author.as_reference()],
            }
            yield made | {"component": parts} if parts else made


def _responses(told: Told, writing: _Writing) -> Iterator[Object]:
    for address, answers in told.screens.items():
        made = response(
            address,
            answers,
            id_=writing.id_of(address),
            patient_id=writing.patient,
            authored=writing.authored,
            author=writing.author.reference,
            sex=told.gender or "unknown",
        )
        made["author"] = writing.author.as_reference()
        yield made
