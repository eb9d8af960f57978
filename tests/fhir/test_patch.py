"""JSON Patch: the cases of its own test suite, and what an exact tree and a hostile sender ask beside them."""

import json
from pathlib import Path

import pytest

from fhir.content import exact
from fhir.content.exact import Tree
from fhir.content.patch import MAX_OPERATIONS, NotAPatch, NotApplied, apply, same

SUITE = json.loads((Path(__file__).parent / "json_patch_cases.json").read_text())["cases"]


def tree(value: object) -> Tree:
    return exact.parse(json.dumps(value).encode())


def patched(text: str, *operations: dict[str, object]) -> str:
    return exact.dump(apply(exact.parse(text.encode()), tree(list(operations)))).decode()


@pytest.mark.parametrize("case", range(len(SUITE)))
def test_the_cases_of_the_test_suite(case: int) -> None:
    given = SUITE[case]
    doc, before = tree(given["doc"]), exact.dump(tree(given["doc"]))
    if "error" in given:
        with pytest.raises((NotAPatch, NotApplied)):
            apply(doc, tree(given["patch"]))
    else:
        done = apply(doc, tree(given["patch"]))
        assert same(done, tree(given.get("expected", given["doc"])))
    assert exact.dump(doc) == before


def test_the_suite_is_all_there() -> None:
    assert len(SUITE) == 108
    assert sum("error" in case for case in SUITE) == 34


def test_numbers_that_are_not_touched_keep_their_lexemes() -> None:
    assert patched('{"a":1.10,"b":1e2}', {"op": "add", "path": "/c", "value": 1}) == '{"a":1.10,"b":1e2,"c":1}'
    assert patched('{"a":1.10}', {"op": "copy", "from": "/a", "path": "/b"}) == '{"a":1.10,"b":1.10}'


def test_what_is_replaced_stays_in_its_place() -> None:
    assert patched('{"a":1,"b":2,"c":3}', {"op": "replace", "path": "/b", "value": 9}) == '{"a":1,"b":9,"c":3}'
    assert patched("[1,2,3]", {"op": "replace", "path": "/1", "value": 9}) == "[1,9,3]"


@pytest.mark.parametrize(("one", "other"), [("1.10", "1.1"), ("100", "1e2"), ("-0", "0"), ("1e400000", "10e399999")])
def test_numbers_are_equal_by_their_value(one: str, other: str) -> None:
    assert same(exact.parse(one.encode()), exact.parse(other.encode()))


@pytest.mark.parametrize(
    ("one", "other"), [("1", "true"), ("0", "false"), ("0", '"0"'), ("null", "false"), ("{}", "[]")]
)
def test_kinds_are_never_equal_to_one_another(one: str, other: str) -> None:
    assert not same(exact.parse(one.encode()), exact.parse(other.encode()))
    assert not same(exact.parse(f"[{one}]".encode()), exact.parse(f"[{other}]".encode()))


def test_an_exponent_that_no_decimal_has_is_compared_as_written() -> None:
    huge = "1e" + "9" * 40
    assert same(exact.parse(huge.encode()), exact.parse(huge.encode()))
    assert not same(exact.parse(huge.encode()), exact.parse(f"1{huge}".encode()))


@pytest.mark.parametrize(
    ("patch", "at"),
    [
        ({}, "http.body"),
        (["no object"], "http.body[0]"),
        ([{"op": "test", "path": "", "value": {"a": 1}}, {"path": "/a"}], "http.body[1].op"),
        ([{"op": "spam", "path": "/a"}], "http.body[0].op"),
        ([{"op": ["add"], "path": "/a"}], "http.body[0].op"),
        ([{"op": "remove"}], "http.body[0].path"),
        ([{"op": "remove", "path": "a"}], "http.body[0].path"),
        ([{"op": "remove", "path": "/~2"}], "http.body[0].path"),
        ([{"op": "move", "path": "/b"}], "http.body[0].from"),
        ([{"op": "add", "path": "/b"}], "http.body[0].value"),
        ([{"op": "remove", "path": "/a"}] * (MAX_OPERATIONS + 1), "http.body"),
    ],
)
def test_what_is_no_patch_is_named(patch: object, at: str) -> None:
    with pytest.raises(NotAPatch) as refusal:
        apply(tree({"a": 1}), tree(patch))
    assert [issue.expression for issue in refusal.value.issues] == [at]


@pytest.mark.parametrize(
    ("operation", "at"),
    [
        ({"op": "test", "path": "/a", "value": 2}, "http.body[0].value"),
        ({"op": "remove", "path": "/Zwillinger"}, "http.body[0].path"),
        ({"op": "remove", "path": ""}, "http.body[0].path"),
        ({"op": "replace", "path": "/b/-", "value": 1}, "http.body[0].path"),
        ({"op": "add", "path": "/b/01", "value": 1}, "http.body[0].path"),
        ({"op": "copy", "from": "/b/9", "path": "/c"}, "http.body[0].from"),
        ({"op": "move", "from": "/b", "path": "/b/0"}, "http.body[0].from"),
    ],
)
def test_what_does_not_fit_is_named_and_no_value_said(operation: dict[str, object], at: str) -> None:
    with pytest.raises(NotApplied) as refusal:
        apply(tree({"a": 1, "b": [1]}), tree([operation]))
    (issue,) = refusal.value.issues
    assert issue.expression == at
    assert "Zwillinger" not in str(issue)


@pytest.mark.parametrize("path", ["/a/-", "/x", ""])
def test_a_short_patch_cannot_fill_the_memory(path: str) -> None:
    doubling = [{"op": "copy", "from": "", "path": path}] * MAX_OPERATIONS
    if path == "":  # the whole onto itself changes nothing, but costs
        doubling = [{"op": "add", "path": "/big", "value": list(range(300))}, *doubling][:MAX_OPERATIONS]
    with pytest.raises(NotApplied) as refusal:
        apply(tree({"a": [1]}), tree(doubling))
    assert refusal.value.issues[0].code == "too-costly"


def test_a_patch_cannot_go_deeper_than_a_body_may() -> None:
    nested = [{"op": "add", "path": "/a" * depth, "value": {}} for depth in range(1, 60)]
    assert apply(tree({}), tree(nested))
    deeper = [*nested, {"op": "copy", "from": "", "path": "/a" * 59 + "/a"}]
    with pytest.raises(NotApplied):
        apply(tree({}), tree(deeper))
