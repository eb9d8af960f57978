"""JSON as it was written, by the standard library alone: a tuple of pairs for an object, numbers as their lexemes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Number:
    """A number as it was written."""

    lexeme: str


def read(data: bytes | str) -> Any:
    """The tree of a JSON text, in which order and lexemes count."""
    return json.loads(data, object_pairs_hook=tuple, parse_float=Number, parse_int=Number)


def write(tree: Any) -> str:
    """The JSON text of a tree."""
    if isinstance(tree, tuple):
        return "{" + ",".join(f"{json.dumps(key)}:{write(value)}" for key, value in tree) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(write, tree)) + "]"
    return tree.lexeme if isinstance(tree, Number) else json.dumps(tree)


def put(tree: Object, changes: Mapping[str, Any]) -> Object:
    """The object with elements replaced where they stand, or added at its end."""
    missing = tuple((key, value) for key, value in changes.items() if key not in dict(tree))
    return (*((key, changes.get(key, value)) for key, value in tree), *missing)


def without(tree: Object, *keys: str) -> Object:
    """The object less some of its elements."""
    return tuple((key, value) for key, value in tree if key not in keys)


def pointing(tree: Any, new: Mapping[str, str]) -> Any:
    """The tree with every ``reference`` that ``new`` knows, of whatever version, pointing where it says."""
    if isinstance(tree, list):
        return [pointing(each, new) for each in tree]
    if isinstance(tree, tuple):
        return tuple(
            (key, _pointing(value, new) if key == "reference" else pointing(value, new)) for key, value in tree
        )
    return tree


def _pointing(reference: Any, new: Mapping[str, str]) -> Any:
    if not isinstance(reference, str):  # an element of that name that is no reference
        return pointing(reference, new)
    return new.get(reference.partition("/_history/")[0], reference)
