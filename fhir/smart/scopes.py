"""SMART scopes of version 2: read, narrowed, asked. Pure.

``Scopes`` is resource type → letters of ``cruds``; the type ``*`` stands for every type.
"""

import re
from collections.abc import Mapping
from functools import reduce
from types import MappingProxyType

Scopes = Mapping[str, frozenset[str]]

LETTERS = "cruds"
EVERY = "*"
NONE: Scopes = MappingProxyType({})

# In order and each once: SMART lets a server refuse any other spelling.
SCOPE = re.compile(r"system/(?P<type>\*|[A-Z][A-Za-z]{1,59})\.(?P<may>c?r?u?d?s?|read|write|\*)", re.ASCII)
VERSION_1: Mapping[str, str] = MappingProxyType({"read": "rs", "write": "cud", "*": LETTERS})

INTERACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "create": "c",
        "read": "r",
        "vread": "r",
        "history-instance": "r",
        "update": "u",
        "patch": "u",
        "delete": "d",
        "search-type": "s",
        "search-system": "s",
        "history-type": "s",
        "history-system": "s",
    }
)
"""FHIR's codes of interactions, and the letter each needs. A batch is judged entry by entry."""


class UnknownScope(ValueError):
    """Not a scope of a partner's system, or one with a filter, which is not offered."""


def parse(text: str) -> Scopes:
    """All the scopes in ``text``. Raises ``UnknownScope`` naming the first that is none."""
    return reduce(union, map(_one, text.split()), NONE)


def parse_known(text: str) -> Scopes:
    """The scopes in ``text`` that are known; a server grants what it understands of what was asked for."""
    return parse(" ".join(word for word in text.split() if _is_one(word)))


def _is_one(word: str) -> bool:
    found = SCOPE.fullmatch(word)
    return found is not None and found["may"] != ""


def _one(word: str) -> Scopes:
    found = SCOPE.fullmatch(word)
    if found is None or not found["may"]:
        raise UnknownScope(f"{word!r} is not a scope such as system/Task.rus.")
    return {found["type"]: frozenset(VERSION_1.get(found["may"], found["may"]))}


def union(one: Scopes, other: Scopes) -> Scopes:
    """What either allows."""
    return _tidy({type_: one.get(type_, frozenset()) | other.get(type_, frozenset()) for type_ in {*one, *other}})


def intersect(one: Scopes, other: Scopes) -> Scopes:
    """What both allow."""
    return _tidy({type_: letters(one, type_) & letters(other, type_) for type_ in {*one, *other}})


def letters(scopes: Scopes, type_: str) -> frozenset[str]:
    """What ``scopes`` allow on one type; nothing if they say nothing of it."""
    return scopes.get(type_, frozenset()) | scopes.get(EVERY, frozenset())


def covers(scopes: Scopes, type_: str, interaction: str) -> bool:
    """Whether ``scopes`` allow ``interaction`` on ``type_``. Raises ``KeyError`` for an interaction FHIR has not.

    For an interaction with the whole system, ``type_`` is ``*``: only a scope for every type covers it.
    """
    return INTERACTIONS[interaction] in letters(scopes, type_)


def beyond(asked: Scopes, limit: Scopes) -> Scopes:
    """What ``asked`` names by type and ``limit`` does not allow. ``*`` means what there is, so it is never beyond."""
    return _tidy({type_: may - letters(limit, type_) for type_, may in asked.items() if type_ != EVERY})


def text(scopes: Scopes) -> str:
    """The one spelling: types in order, letters in order, separated by spaces."""
    return " ".join(
        f"system/{type_}.{''.join(letter for letter in LETTERS if letter in scopes[type_])}" for type_ in sorted(scopes)
    )


def _tidy(scopes: Scopes) -> Scopes:
    """Without what is empty or said already by ``*``."""
    everywhere = scopes.get(EVERY, frozenset())
    kept = {type_: may for type_, may in scopes.items() if may and (type_ == EVERY or not may <= everywhere)}
    return MappingProxyType(kept)
