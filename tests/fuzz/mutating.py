"""Good values made bad: texts, JSON trees and bytes, each by a chance of its own. Deterministic for a seed."""

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

ODD = (
    "\0",
    "\n",
    "\r\n",
    " ",
    "'",
    '"',
    "\\",
    "%",
    "%00",
    ";",
    "|",
    ",",
    "$",
    "&",
    "=",
    "/",
    "..",
    "#",
    "\u202e",
    "٣",
    "é",
    "e\u0301",
    "\ufeff",
    "\U0001f6d1",
    "\ud800",
    "-1",
    "0",
    "1e400",
    "NaN",
    "9" * 40,
    "A" * 3000,
    "null",
    "true",
    "{}",
    "[]",
    "<a/>",
    "9999-12-31",
    "0001-01-01",
    "0000-00-00",
    "2026-02-30",
    "2026-13",
    "2026-11-22T25:61:61Z",
    "2026-11-22T10:00:00+99:99",
    "urn:uuid:",
    "urn:uuid:8c2b5f0e-0000-4000-8000-000000000001",
    "Patient?identifier=a|b",
    "https://elsewhere.example.org/Patient/1",
)
VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 1.5, 10**30, "", [], {}, [[]], [None], {"": None}, *ODD)


def text(chance: Random, good: str) -> str:
    """A text, here and there with something odd in it, in its place, or cut."""
    place = chance.randrange(len(good) + 1)
    return chance.choice(
        (
            good[:place] + chance.choice(ODD) + good[place:],
            chance.choice(ODD),
            good[:place],
            good + good,
            good.swapcase(),
            good[::-1],
        )
    )


def spots(tree: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a tree."""
    found: list[tuple[Any, Any]] = []
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        found.append((tree, key))
        found += spots(value)
    return found


def tree(chance: Random, good: Any, times: int = 3) -> Any:
    """A JSON tree with up to ``times`` things changed, removed, added, moved or repeated."""
    made = copy.deepcopy(good)
    for _each in range(max(0, chance.randint(-times, times))):  # half stay good
        if there := spots(made):
            where, key = chance.choice(there)
            chance.choice(CHANGES)(chance, where, key)
    return made


def _replace(chance: Random, where: Any, key: Any) -> None:
    where[key] = copy.deepcopy(chance.choice(VALUES))


def _spoil(chance: Random, where: Any, key: Any) -> None:
    value = where[key]
    where[key] = text(chance, value) if isinstance(value, str) else [value]


def _remove(chance: Random, where: Any, key: Any) -> None:
    del where[key]


def _repeat(chance: Random, where: Any, key: Any) -> None:
    if isinstance(where, list):
        where += [copy.deepcopy(where[key])] * chance.choice((1, 1, 1, 120))
    else:
        where[text(chance, str(key))] = copy.deepcopy(where[key])


def _nest(chance: Random, where: Any, key: Any) -> None:
    for _each in range(chance.choice((1, 5, 60))):
        where[key] = chance.choice((lambda inner: [inner], lambda inner: {"extension": inner}))(where[key])


def _swap(chance: Random, where: Any, key: Any) -> None:
    other = chance.choice(list(where) if isinstance(where, dict) else range(len(where)))
    where[key], where[other] = where[other], where[key]


CHANGES: tuple[Callable[[Random, Any, Any], None], ...] = (_replace, _spoil, _remove, _repeat, _nest, _swap)


def body(chance: Random, good: Any) -> bytes:
    """A tree as bytes; sometimes with the bytes themselves spoiled."""
    data = json.dumps(tree(chance, good)).encode("utf-8", "surrogatepass")
    return chance.choice(SPOILS)(chance, data) if chance.random() < 0.1 else data


def _flip(chance: Random, data: bytes) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def _cut(chance: Random, data: bytes) -> bytes:
    return data[: chance.randrange(len(data))]


def _twice(chance: Random, data: bytes) -> bytes:
    return data.replace(b'"resourceType"', b'"resourceType": "Task", "resourceType"', 1)


def _deep(chance: Random, data: bytes) -> bytes:
    return chance.choice((b"[", b'{"a":')) * chance.choice((200, 2000, 50_000)) + data


def _other(chance: Random, data: bytes) -> bytes:
    return chance.choice(
        (b"", b"\xef\xbb\xbf" + data, data.decode("utf-8", "replace").encode("utf-16"), b"\xff\xfe", b"1")
    )


SPOILS: tuple[Callable[[Random, bytes], bytes], ...] = (_flip, _flip, _cut, _twice, _deep, _other)
