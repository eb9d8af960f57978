"""HL7's own examples, sent and opened through the command: the same JSON tree comes back, number lexemes included."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from agencies.actor import Actor
from audit.uuid7 import uuid7
from fhir.content import exact
from fhir.content.bundle import Resource, identified
from fhir.content.compartments import Compartment
from fhir.content.types import ARRIVALS, Arrival
from referrals.opening import open_referral
from referrals.perform import perform
from referrals.services.work import Work, begin
from tests.county import consent
from tests.fhir.samples import EXAMPLES, IN_CI
from tests.fhir.test_official_examples import FAULTY
from tests.integrity.shell import Shell
from tests.integrity.stage import Stage
from tests.integrity.trees import Object, pointing, put, read, without, write

FILES = {path.stem: path for path in sorted(EXAMPLES.glob("*.json")) if path.stem not in FAULTY}
PATIENT, REQUEST, OTHER = (f"urn:uuid:{uuid4()}" for _ in range(3))

# What a referral cannot begin with is replaced, and nothing else: a request that is over asks for nothing, a Task
# starts as requested and is about the request it came with.
LEGAL: dict[str, dict[str, Any]] = {
    "ServiceRequest": {"status": "active"},
    "Task": {"status": "requested", "focus": (("reference", REQUEST),)},
}
REPLACED = {
    "ServiceRequest-education": {"status"},
    "ServiceRequest-example": {"status"},
    "ServiceRequest-physical-therapy": {"status"},
    "Task-example1": {"status", "focus"},
    "Task-example3": {"status", "focus"},
}
MINIMAL: dict[str, Object] = {
    "Patient": (
        ("resourceType", "Patient"),
        ("name", [(("text", "Ottilie Zwillinger"),)]),
        ("birthDate", "1990-05-17"),
    ),
    "ServiceRequest": (
        ("resourceType", "ServiceRequest"),
        ("status", "active"),
        ("intent", "order"),
        ("subject", (("reference", PATIENT),)),
    ),
}
URLS = {"Patient": PATIENT, "ServiceRequest": REQUEST}
# Who sends to whom, and who opens it there. The BHU may pass on what the police may not: it has the client's consent.
WAYS = {
    "police to BHU": ("officer@police.example.org", "bhu", "clinician@bhu.example.org"),
    "BHU to detox": ("clinician@bhu.example.org", "detox", "intake@detox.example.org"),
}


def of(*arrivals: Arrival) -> list[str]:
    """The examples of types that arrive in one of these ways."""
    return [name for name in FILES if ARRIVALS.get(name.partition("-")[0]) in arrivals]


def test_the_examples_are_there() -> None:
    if not FILES and not IN_CI:
        pytest.skip(f"NO OFFICIAL EXAMPLES at {EXAMPLES}: set BHU_HL7_EXAMPLES")
    assert FILES
    assert len(of(*Arrival)) == len(FILES)


def legal(name: str) -> Object:
    """The example as it may begin a referral."""
    tree: Object = read(FILES[name].read_bytes())
    changes = {key: to for key, to in LEGAL.get(dict(tree)["resourceType"], {}).items() if dict(tree).get(key) != to}
    assert set(changes) == REPLACED.get(name, set(changes))
    return put(tree, changes)


def bundle(example: Object, *, signed: bool) -> str:
    """The smallest collection with the example in it, in place of the minimal resource of its type."""
    type_ = dict(example)["resourceType"]
    entries = {URLS.get(each): tree for each, tree in MINIMAL.items()} | {URLS.get(type_, OTHER): example}
    if signed:
        entries[f"urn:uuid:{uuid4()}"] = read(json.dumps(consent(patient=PATIENT)))
    listed = [(("fullUrl", url), ("resource", tree)) for url, tree in entries.items()]
    return write((("resourceType", "Bundle"), ("type", "collection"), ("entry", listed)))


def journeys() -> list[tuple[str, str]]:
    """Each example by each way; who signs for a client of unknown age nobody can say, so such a one goes by police."""
    ageless = {name for name in of(Arrival.REFERRAL) if name.startswith("Patient") and not born(name)}
    return [
        (name, way) for name in of(Arrival.REFERRAL) for way in WAYS if way != "BHU to detox" or name not in ageless
    ]


def born(name: str) -> bool:
    return "birthDate" in dict(read(FILES[name].read_bytes()))


@pytest.mark.parametrize(("name", "way"), journeys())
def test_what_was_sent_is_what_is_opened(town: Stage, shell: Shell, tmp_path: Path, name: str, way: str) -> None:
    sender, to, reader = WAYS[way]
    example, file = legal(name), tmp_path / f"{name}.json"
    file.write_text(bundle(example, signed=to == "detox"))
    sent = shell("send", str(file), "--as", sender, "--to", to, "--json")
    assert sent.code == 0, sent.out
    reader = sender if name.startswith("Consent") else reader  # one of another shape names nobody: it is its author's
    opened = shell("open", json.loads(sent.out)["reference"], "--as", reader, "--json")
    assert opened.code == 0, opened.out
    shown = dict(read(opened.out))
    trees = [dict(section)["tree"] for section in shown["sections"]]
    new = {PATIENT: f"Patient/{shown['patient_id']}", REQUEST: f"ServiceRequest/{shown['id']}"}
    same = [tree for tree in trees if content(tree) == content(pointing(example, new | own_name(example, tree)))]
    assert len(same) == 1, opened.out
    require_meta_kept(example, same[0])


def content(tree: Object) -> Object:
    """What must come back as it was sent."""
    return without(tree, "id", "meta")


def own_name(before: Object, after: Object) -> dict[str, str]:
    """An example may refer to itself: by which name it did, and by which it does now."""
    was, is_ = dict(before), dict(after)
    return {f"{was['resourceType']}/{was['id']}": f"{is_['resourceType']}/{is_['id']}"}


def require_meta_kept(before: Object, after: Object) -> None:
    """Fail if anything but labels was added to ``meta``, or anything at all taken away."""
    was, is_ = dict(dict(before).get("meta", ())), dict(dict(after)["meta"])
    assert {key: value for key, value in is_.items() if key != "security"} == {
        key: value for key, value in was.items() if key != "security"
    }
    assert all(label in is_["security"] for label in was.get("security", []))


@dataclass(frozen=True)
class Keep:
    """Put one resource of any type into a referral: the store itself, past the rules of what arrives in one."""

    referral_id: UUID
    resource: Resource
    name = "section.add"
    target = "Referral/test"

    def fingerprint(self) -> bytes:
        return b""

    def prepare(self, actor: Actor) -> "Keep":
        return self

    def referral(self) -> UUID:
        return self.referral_id

    def begin(self, actor: Actor) -> Work:
        return begin(actor, self.referral_id)

    def run(self, work: Work) -> None:
        work.add(self.resource, Compartment.CLINICAL, task=None)
        work.did(self.name)


@pytest.mark.parametrize("name", of(Arrival.DIRECTORY, Arrival.READ_ONLY))
def test_what_arrives_by_another_way_is_stored_and_opened_exactly(stage: Stage, name: str) -> None:
    data, id_ = FILES[name].read_bytes(), uuid7()
    tree = exact.parse(data)
    assert isinstance(tree, dict)
    resource = Resource(str(tree["resourceType"]), id_, identified(tree, id_), "")
    perform(stage.county.clinician, [Keep(stage.taken, resource)])
    (stored,) = [row for row in open_referral(stage.county.clinician, stage.taken).sections if row.resource_id == id_]
    back = read(exact.dump(stored.tree))
    assert content(back) == content(read(data))
    assert dict(back)["id"] == str(id_)
    require_meta_kept(read(data), back)
