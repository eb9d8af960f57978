"""HL7's own examples, created and read over HTTP: the same JSON tree, number lexemes included."""

import json
from uuid import UUID

import pytest

from fhir.content.types import Arrival
from referrals.arriving import ADDED
from tests.integrity.test_real_examples import (
    FILES,
    LEGAL,
    MINIMAL,
    OTHER,
    PATIENT,
    REQUEST,
    URLS,
    content,
    legal,
    of,
    own_name,
    require_meta_kept,
)
from tests.integrity.trees import Object, pointing, put, read, without, write
from tests.rest.calling import Heard, get, send
from tests.rest.conftest import Way
from tests.rest.sending import task

META = ("versionId", "lastUpdated", "extension", "tag")
TASK = "urn:uuid:8c2b5f0e-0000-4000-8000-000000000003"


def settled(tree: Object) -> Object:
    """A resource less what the edge says of its version in ``meta``."""
    return tuple((key, without(value, *META) if key == "meta" else value) for key, value in tree)


def beginning(name: str) -> Object:
    """The example as it may begin a referral over HTTP: a Task is put to one agency of ours, at once."""
    example = legal(name)
    if dict(example)["resourceType"] != "Task":
        return example
    owner = read(json.dumps(task("bhu")["owner"]))
    return put(example, {**LEGAL["Task"], "owner": owner})


def transaction(example: Object) -> str:
    """The smallest transaction with the example in it, in place of the minimal resource of its type."""
    type_ = dict(example)["resourceType"]
    ours: Object = read(json.dumps(task("bhu", focus=REQUEST)))
    urls = {**URLS, "Task": TASK}
    entries = {urls[each]: tree for each, tree in {**MINIMAL, "Task": ours}.items()} | {urls.get(type_, OTHER): example}
    listed = [
        (
            ("fullUrl", url),
            ("resource", tree),
            ("request", (("method", "POST"), ("url", dict(tree)["resourceType"]))),
        )
        for url, tree in entries.items()
    ]
    return write((("resourceType", "Bundle"), ("type", "transaction"), ("entry", listed)))


def require_same(example: Object, name: str, new: dict[str, str], who: str = "clinician") -> None:
    """Fail unless what is read under ``name``, and under its first version, is the example."""
    for heard in (get(who, name), get(who, f"{name}/_history/1")):
        assert heard.status == 200, heard.body
        tree = heard.exact
        assert content(tree) == content(pointing(example, new | own_name(example, tree)))
        require_meta_kept(settled(example), settled(tree))


def names(heard: Heard) -> dict[str, str]:
    """What was created, by its type: of the examples' own type one alone is there."""
    assert heard.status == 200, heard.body
    found = [entry["response"]["location"].removesuffix("/_history/1") for entry in heard.tree["entry"]]
    assert len({name.partition("/")[0] for name in found}) == len(found)
    return {name.partition("/")[0]: name for name in found}


@pytest.mark.parametrize("name", of(Arrival.REFERRAL))
def test_what_begins_a_referral_is_what_is_read(way: Way, name: str) -> None:
    example = beginning(name)
    made = names(send("POST", "officer", "", transaction(example).encode()))
    new = {PATIENT: made["Patient"], REQUEST: made["ServiceRequest"], TASK: made["Task"]}
    reader = "officer" if name.startswith("Consent") else "clinician"  # of another shape it names nobody: its author's
    require_same(example, made[str(dict(example)["resourceType"])], new, reader)


@pytest.mark.parametrize("name", [each for each in of(Arrival.REFERRAL) if each.partition("-")[0] in ADDED])
def test_what_is_created_is_what_is_read(way: Way, name: str) -> None:
    """An example is about a client of its own; here it is about one of ours, and nothing else is changed."""
    example: Object = read(FILES[name].read_bytes())
    element = "patient" if name.startswith("Consent") else "subject"
    ours = (("reference", f"Patient/{way.patient}"),)
    whole = dict(example)
    about = put(whole[element], dict(ours)) if element in whole else ours
    changed = put(example, {element: about})
    heard = send("POST", "clinician", name.partition("-")[0], write(changed).encode())
    assert heard.status == 201, heard.body
    id_ = UUID(heard.headers["Location"].removesuffix("/_history/1").rpartition("/")[2])
    assert content(heard.exact) == content(pointing(changed, own_name(changed, heard.exact)))
    require_same(changed, f"{name.partition('-')[0]}/{id_}", {})
