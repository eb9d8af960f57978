"""HL7's own examples, sent by the command and read over HTTP: the same JSON tree, number lexemes included."""

import json
from pathlib import Path

import pytest

from fhir.content.types import Arrival
from tests.integrity.conftest import shell, town  # noqa: F401  its databases and its command line, for one module
from tests.integrity.shell import Shell
from tests.integrity.stage import Stage
from tests.integrity.test_real_examples import (
    PATIENT,
    REQUEST,
    bundle,
    content,
    legal,
    of,
    own_name,
    require_meta_kept,
)
from tests.integrity.trees import Object, pointing, without
from tests.rest import calling
from tests.rest.calling import get

ADDED = ("versionId", "lastUpdated", "extension", "tag")


def settled(tree: Object) -> Object:
    """A resource less what the edge says of its version in ``meta``."""
    return tuple((key, without(value, *ADDED) if key == "meta" else value) for key, value in tree)


@pytest.mark.parametrize("name", of(Arrival.REFERRAL))
def test_what_was_sent_is_what_is_read(
    town: Stage,  # noqa: F811  the fixture
    shell: Shell,  # noqa: F811  the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr("fhir.rest.door.CALLER_OF", "tests.rest.calling.caller_of")
    monkeypatch.setitem(calling.PEOPLE, "reader", calling.Known(town.county.clinician))
    example, file = legal(name), tmp_path / f"{name}.json"
    file.write_text(bundle(example, signed=False))
    sent = shell("send", str(file), "--as", "officer@police.example.org", "--to", "bhu", "--json")
    assert sent.code == 0, sent.out
    opened = shell("open", json.loads(sent.out)["reference"], "--as", "clinician@bhu.example.org", "--json")
    shown = json.loads(opened.out)
    new = {PATIENT: f"Patient/{shown['patient_id']}", REQUEST: f"ServiceRequest/{shown['id']}"}
    type_ = dict(example)["resourceType"]
    ids = {section["tree"]["id"] for section in shown["sections"] if section["tree"]["resourceType"] == type_}
    trees = [get("reader", f"{type_}/{id_}").exact for id_ in ids]
    same = [tree for tree in trees if content(tree) == content(pointing(example, new | own_name(example, tree)))]
    assert len(same) == 1
    require_meta_kept(settled(example), settled(same[0]))
