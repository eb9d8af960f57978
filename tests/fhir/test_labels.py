"""Security labels: what is stamped where, and that what the author wrote stays."""

from typing import Any

import pytest

from fhir.content.compartments import Compartment
from fhir.content.exact import Object
from fhir.content.labels import stamp
from fhir.content.validate import check
from tests.fhir.samples import ACT, CONFIDENTIALITY, resource


def conf(code: str, **more: str) -> dict[str, str]:
    return {"system": CONFIDENTIALITY, "code": code, **more}


def act(*codes: str) -> list[dict[str, str]]:
    return [{"system": ACT, "code": code} for code in codes]


def security(tree: Object) -> Any:
    meta = tree["meta"]
    assert isinstance(meta, dict)
    return meta["security"]


# compartment, of a Part 2 program, what the author wrote -> what stands after
STAMPS: list[tuple[str, bool, list[Any], list[Any]]] = [
    ("contact", False, [], [conf("N")]),
    ("contact", True, [], [conf("N")]),
    ("incident", False, [], [conf("N")]),
    ("request", False, [], [conf("N")]),
    ("clinical", False, [], [conf("R")]),
    ("sud", True, [], [conf("R"), *act("SUD", "ETH", "42CFRPart2", "NORDSCLCD")]),
    ("sud", False, [], [conf("R"), *act("SUD", "ETH")]),
    ("sud", False, act("42CFRPart2"), [conf("R"), *act("42CFRPart2", "SUD", "ETH", "NORDSCLCD")]),
    ("sud", True, act("ETH"), [conf("R"), *act("ETH", "SUD", "42CFRPart2", "NORDSCLCD")]),
    ("clinical", False, [conf("V", display="very")], [conf("V", display="very")]),
    ("clinical", False, [conf("R", display="mine")], [conf("R", display="mine")]),
    ("clinical", False, [conf("N", display="mine")], [conf("R")]),
    ("incident", False, [conf("L")], [conf("N")]),
    ("incident", False, [conf("?")], [conf("N")]),
    ("contact", False, act("SDV"), [conf("R"), *act("SDV")]),
    ("contact", False, act("LOCIS"), [conf("N"), *act("LOCIS")]),
    ("clinical", False, [*act("HIV"), conf("N"), *act("MH")], [*act("HIV"), conf("R"), *act("MH")]),
    ("clinical", False, [conf("N"), *act("MH"), conf("V"), conf("U")], [conf("V"), *act("MH")]),
    (
        "contact",
        False,
        [{"system": "https://example.org", "code": "SUD"}],
        [conf("N"), {"system": "https://example.org", "code": "SUD"}],
    ),
]


@pytest.mark.parametrize(("compartment", "part2", "written", "expected"), STAMPS)
def test_labels_are_stamped(compartment: str, part2: bool, written: list[Any], expected: list[Any]) -> None:
    meta = {"meta": {"security": written}} if written else {}
    stamped = stamp(resource("Observation", **meta), Compartment(compartment), part2=part2)
    assert security(stamped) == expected
    check(stamped)


@pytest.mark.parametrize(("compartment", "part2", "written", "expected"), STAMPS)
def test_stamping_twice_changes_nothing(compartment: str, part2: bool, written: list[Any], expected: list[Any]) -> None:
    once = stamp(
        resource("Observation", meta={"security": written, "versionId": "1"}),
        Compartment(compartment),
        part2=part2,
    )
    assert stamp(once, Compartment(compartment), part2=part2) == once


def test_the_rest_of_meta_and_the_order_of_keys_stay() -> None:
    tree = resource("Observation", id="o", meta={"versionId": "1", "security": act("MH"), "tag": [{"code": "t"}]})
    stamped = stamp(tree, Compartment.CLINICAL, part2=False)
    assert list(stamped) == list(tree)
    meta = stamped["meta"]
    assert isinstance(meta, dict)
    assert list(meta) == ["versionId", "security", "tag"]
    assert {name: value for name, value in stamped.items() if name != "meta"} == {
        name: value for name, value in tree.items() if name != "meta"
    }


@pytest.mark.parametrize(
    ("tree", "keys"),
    [
        ({"resourceType": "Task", "id": "1", "status": "x"}, ["resourceType", "id", "meta", "status"]),
        ({"status": "x", "resourceType": "Task"}, ["status", "resourceType", "meta"]),
    ],
)
def test_a_new_meta_stands_after_the_id_or_the_type(tree: Object, keys: list[str]) -> None:
    assert list(stamp(tree, Compartment.CONTACT, part2=False)) == keys


def test_the_tree_that_came_in_is_not_changed() -> None:
    tree = resource("Observation", meta={"security": [conf("N")]})
    stamp(tree, Compartment.SUD, part2=True)
    assert security(tree) == [conf("N")]


def test_a_document_s_own_label_restricts_it() -> None:
    tree = resource("DocumentReference", securityLabel=[{"coding": act("PSY")}])
    assert security(stamp(tree, Compartment.CONTACT, part2=False)) == [conf("R")]
