"""Everything that is answered, held against two validators of other people: FHIR's JSON Schema and its definitions."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from fhir.content.questionnaires import QUESTIONNAIRES
from tests.partners import node
from tests.rest.calling import Heard, get, post
from tests.rest.conftest import Way
from tests.rest.watching import watch

PEOPLE = ("officer", "clinician", "coordinator", "detox_intake", "clinic_intake", "outsider", "admin", "")
Bodies = dict[str, dict[str, Any]]

# Complaints that are not true of FHIR R4: of which type, and (validator, path, text).
NEWER = "the schema was made for 4.0.0 and does not list 4.0.1 in the codes of fhirVersion"
FALSE: dict[tuple[str, str, str, str], str] = {
    ("CapabilityStatement", "schema", ".fhirVersion", "should be equal to one of the allowed values"): NEWER,
    ("CapabilityStatement", "schema", "", "should match exactly one schema in oneOf"): NEWER,
}

QUESTIONS = (
    "Nothing/1",
    "Patient/1/$everywhere",
    "Task?_format=xml",
    "Task?_lastUpdated=yesterday",
    "Task?status:not=draft",
    "Task?nonsense=1",
    "Task?_cursor=nonsense",
    "Observation",
    f"Task?{'a' * 9000}",
)


ALONG = (
    "Observation?patient={patient}&_revinclude=Provenance:target",
    "ServiceRequest?_revinclude=Task:focus",
    "Organization?_revinclude=HealthcareService:organization&_revinclude=PractitionerRole:organization",
    "HealthcareService?_include=HealthcareService:organization&_include=HealthcareService:location",
)


class Walk:
    """Asks like a partner's system and keeps every body it is answered, by what was asked."""

    def __init__(self) -> None:
        self.bodies: Bodies = {}

    def hear(self, name: str, heard: Heard) -> list[dict[str, Any]]:
        """Keep an answer, and each resource in it by itself; the resources that were found."""
        if not heard.body:
            return []
        tree = heard.tree
        found = [row["resource"] for row in tree.get("entry", ()) if "resource" in row]
        for number, each in enumerate([tree, *found]):
            self.bodies[f"{name} #{number}"] = each
        return found

    def look(self, who: str, path: str) -> list[dict[str, Any]]:
        return self.hear(f"{who} {path}", get(who, path))

    def everything(self, who: str, way: Way) -> None:
        """Search every type that says it can be searched, then read what was found in each way there is."""
        found = self.look(who, f"Patient/{way.patient}/$everything")
        for type_ in searched():
            found += self.look(who, type_)
            found += self.look(who, f"{type_}?patient=Patient/{way.patient}&_total=accurate")
        found += self.look(who, "Task?_include=Task:focus&_include=Task:owner&_include=Task:requester")
        found += self.look(who, "Task?_elements=status")
        for each in {(each["resourceType"], each["id"]) for each in found if "id" in each}:
            for suffix in ("", "/_history", "/_history/1"):
                self.look(who, f"{'/'.join(each)}{suffix}")


def searched() -> Iterator[str]:
    """The types of which metadata says that they can be searched."""
    for resource in get("", "metadata").tree["rest"][0]["resource"]:
        if "search-type" in {each["code"] for each in resource["interaction"]}:
            yield resource["type"]


def asked(way: Way) -> Bodies:
    walk = Walk()
    walk.look("", "metadata")
    for who in PEOPLE:
        walk.everything(who, way)
        for question in QUESTIONS:
            walk.look(who, question)
    for tree in QUESTIONNAIRES.values():
        walk.look("clinician", f"Questionnaire/{tree['id']}")
    for role in (way.county.clinician, way.county.coordinator):
        walk.look("clinician", f"PractitionerRole/{role.membership_id}")
    watch("watcher", way.county.bhu)
    for each in walk.look("watcher", "AuditEvent?_count=100"):
        walk.look("watcher", f"AuditEvent/{each['id']}")
    for path in ALONG:
        walk.look("clinician", path.format(patient=way.patient))
    walk.hear("post", post("clinician", "Patient/_search", identifier="urn:example:case|AF-1188"))
    walk.hear("post", post("clinician", "Observation/_search", patient=str(way.patient)))
    walk.hear("post", post("clinician", "Observation/_search", content_type="text/plain"))
    return walk.bodies


def complaints(bodies: Bodies) -> list[list[str]]:
    said: list[list[str]] = node.run("validators.mjs", list(bodies.items()))
    return [each for each in said if (bodies[each[0]]["resourceType"], *each[1:]) not in FALSE]


def test_two_validators_find_nothing_wrong_with_anything_that_is_answered(way: Way) -> None:
    bodies = asked(way)
    kinds = {tree["resourceType"] for tree in bodies.values()}
    assert {"Bundle", "Task", "Patient", "CapabilityStatement", "OperationOutcome", "Organization"} <= kinds
    assert {"Provenance", "AuditEvent", "HealthcareService"} <= kinds
    assert len(bodies) > 400
    assert not (said := complaints(bodies)), "\n".join(map(str, said))


WRONG: list[Callable[[dict[str, Any]], object]] = [
    lambda task: task.update(status=["requested"]),
    lambda task: task.update(authoredOn="yesterday"),
    lambda task: task.update(colour="red"),
]


def test_both_validators_would_notice(way: Way) -> None:
    spoiled = {}
    for number, spoil in enumerate(WRONG):
        task = spoiled[f"wrong {number}"] = json.loads(get("clinician", f"Task/{way.taken}").body)
        spoil(task)
    found = {(name, validator) for name, validator, *_where in complaints(spoiled)}
    assert found == {(name, validator) for name in spoiled for validator in ("schema", "definitions")}
