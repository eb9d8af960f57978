"""Everything that is answered, held against two validators of other people: FHIR's JSON Schema and its definitions."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fhir.content.questionnaires import QUESTIONNAIRES
from tests.county import SCREEN
from tests.partners import node
from tests.rest.calling import Heard, get, post, send
from tests.rest.conftest import Way
from tests.rest.sending import begun, observation, posted, said, task, transaction
from tests.rest.watching import watch

PEOPLE = ("officer", "clinician", "coordinator", "detox_intake", "clinic_intake", "outsider", "admin", "")
EVENTS, MOST = ("AuditEvent", "Provenance"), 12
"""Types of which each read makes one more: so many are read one by one, all of them in lists."""
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
        names = {(each["resourceType"], each["id"]): each["resourceType"] for each in found if "id" in each}
        events = [name for name, type_ in names.items() if type_ in EVENTS]
        for each in (names.keys() - set(events)) | set(events[:MOST]):
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


RETURNS = ("return=minimal", "return=representation", "return=OperationOutcome")


def done(way: Way) -> Bodies:
    """Everything that can be written is, in each way it can be answered, and what must be refused is refused."""
    walk, county = Walk(), way.county
    client, request = f"Patient/{way.patient}", f"ServiceRequest/{way.id}"

    def ask(method: str, who: str, path: str, body: Any, **headers: str) -> None:
        heard = send(method, who, path, body, **headers)
        walk.hear(f"{method} {who} {path or 'base'} {heard.status} {len(walk.bodies)}", heard)

    for prefer in RETURNS:
        ask("POST", "officer", "", begun(task(county.bhu.id), more=(SCREEN,)), Prefer=prefer)
        ask("POST", "clinician", "Observation", observation(client), Prefer=prefer)
        ask("POST", "clinician", "", transaction(posted(observation(client))), Prefer=prefer)
        ask("POST", "clinician", "", transaction(posted(observation(client)), posted(SCREEN), kind="batch"))
        shown = get("detox_intake", f"Task/{way.taken}").tree
        ask("PUT", "detox_intake", f"Task/{way.taken}", shown | {"note": [{"text": prefer}]}, Prefer=prefer)
    ask("POST", "clinician", "Task", task(county.police.id, focus=request, input=said(release=["contact"])))
    for place in ("Observation/$validate", "Task/$validate", "Observation", "Task", "", "Encounter"):
        ask("POST", "clinician", place, observation(client))
        ask("POST", "outsider", place, {"resourceType": "Observation", "status": "nonsense", "colour": "red"})
        ask("POST", "clinician", place, b"{")
    for step in ("in-progress", "requested", "accepted", "completed", "completed"):
        patch = [{"op": "replace", "path": "/status", "value": step}]
        ask("PATCH", "detox_intake", f"Task/{way.taken}", patch)
        ask("PATCH", "outsider", f"Task/{way.taken}", patch)
        ask("PUT", "detox_intake", f"Task/{way.taken}", shown | {"status": step}, If_Match='W/"1"')
    for who in ("officer", "clinician", "detox_intake"):
        walk.everything(who, way)
    return walk.bodies


Validate = Callable[[Bodies], list[list[str]]]


@contextmanager
def validators() -> Iterator[Validate]:
    """What the two complain of, without what is not true."""
    with node.kept("validators.mjs") as ask:

        def complain(bodies: Bodies) -> list[list[str]]:
            said: list[list[str]] = ask(list(bodies.items()))
            return [each for each in said if (bodies[each[0]]["resourceType"], *each[1:]) not in FALSE]

        yield complain


@pytest.fixture(scope="module")
def complaints() -> Iterator[Validate]:
    with validators() as complain:
        yield complain


def test_two_validators_find_nothing_wrong_with_what_is_answered_to_who_writes(way: Way, complaints: Validate) -> None:
    bodies = done(way)
    kinds = {tree["type"] for tree in bodies.values() if tree["resourceType"] == "Bundle"}
    assert {"transaction-response", "batch-response", "history", "searchset"} <= kinds
    statuses = {name.split()[3] for name in bodies if name.split()[0] in ("POST", "PUT", "PATCH")}
    assert {"200", "201", "400", "404", "412", "422"} <= statuses
    assert not (found := complaints(bodies)), "\n".join(map(str, found))


def test_two_validators_find_nothing_wrong_with_anything_that_is_answered(way: Way, complaints: Validate) -> None:
    bodies = asked(way)
    kinds = {tree["resourceType"] for tree in bodies.values()}
    assert {"Bundle", "Task", "Patient", "CapabilityStatement", "OperationOutcome", "Organization"} <= kinds
    assert {"Provenance", "AuditEvent", "HealthcareService"} <= kinds
    assert len(bodies) > 400
    assert not (found := complaints(bodies)), "\n".join(map(str, found))


WRONG: list[Callable[[dict[str, Any]], object]] = [
    lambda task: task.update(status=["requested"]),
    lambda task: task.update(authoredOn="yesterday"),
    lambda task: task.update(colour="red"),
]


def test_both_validators_would_notice(way: Way, complaints: Validate) -> None:
    spoiled = {}
    for number, spoil in enumerate(WRONG):
        task = spoiled[f"wrong {number}"] = json.loads(get("clinician", f"Task/{way.taken}").body)
        spoil(task)
    found = {(name, validator) for name, validator, *_where in complaints(spoiled)}
    assert found == {(name, validator) for name in spoiled for validator in ("schema", "definitions")}
