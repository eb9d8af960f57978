"""The library's own validation as oracle: whatever fhir.resources refuses in a damaged example, the walk refuses.

The walk reads the library's definitions but never makes its instances; this holds the one to the other.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from fhir.content.exact import parse
from fhir.content.types import ARRIVALS
from fhir.content.validate import walk
from tests.fhir.samples import EXAMPLES, VALID

FILES = sorted(EXAMPLES.glob("*.json"))
STRIDE = 5  # every fifth damage of each kind, so that the file stays quick

DAMAGES = ("taken away", "misspelt", "made an object", "made a list", "made a text")
REPLACEMENTS = {"made an object": {"nothing": 1}, "made a list": ["a", {}], "made a text": "damaged text"}


def places(tree: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every property and list entry of a tree, but for the narrative."""
    if path[-1:] == ("text",) and len(path) == 1:
        return
    if path:
        yield path
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


def damaged(tree: Any, damage: str, path: tuple[str | int, ...]) -> Any:
    copied = copy.deepcopy(tree)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    key = path[-1]
    if damage in REPLACEMENTS:
        holder[key] = REPLACEMENTS[damage]
    elif damage == "misspelt" and isinstance(key, str):
        holder[f"{key}X"] = holder.pop(key)
    else:
        del holder[key]
    return copied


def refused_by_library(tree: Any) -> bool:
    try:
        get_fhir_model_class(tree["resourceType"]).model_validate(tree)
    except (ValidationError, KeyError, ValueError, TypeError):
        return True
    return False


def refused_by_us(tree: Any) -> bool:
    return bool(walk(parse(json.dumps(tree).encode()), "", types=ARRIVALS).issues)


@pytest.mark.skipif(not FILES, reason="NO OFFICIAL EXAMPLES")
@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_the_library_refuses_in_a_damaged_example_we_refuse(damage: str) -> None:
    examples = [json.loads(path.read_bytes()) for path in FILES]
    cases = [(tree, path) for tree in examples for path in places(tree) if path != ("resourceType",)]
    missed, refused = [], 0
    for tree, path in cases[::STRIDE]:
        broken = damaged(tree, damage, path)
        if refused_by_library(copy.deepcopy(broken)):
            refused += 1
            if not refused_by_us(broken):
                missed.append((tree["resourceType"], path))
    assert refused > 10
    assert missed == []


@pytest.mark.parametrize("type_", VALID)
def test_what_we_take_the_library_takes(type_: str) -> None:
    tree = dict(VALID[type_])
    assert not refused_by_us(tree)
    assert not refused_by_library(tree)
