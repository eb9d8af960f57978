"""Cutting a resource down to the fields a permit names (minimum necessary). Pure.

A selector is ``*``, a type (``Observation``), a type with a code (``Observation?93374-7``) or an element
(``Patient.name``). What no selector names is not shown.
"""

from collections.abc import Iterable

from fhir.content.catalog import codings
from fhir.content.exact import Object

from .bases import EVERYTHING

FRAME = ("resourceType", "id", "meta")
"""What stays of every resource that is shown at all: what it is, which, and how it is labelled."""


def cut(tree: Object, fields: frozenset[str]) -> "Object | None":
    """``tree`` with what ``fields`` allow, itself if that is everything; ``None`` if nothing of it may be shown."""
    if fields >= EVERYTHING:
        return tree
    kind = str(tree["resourceType"])
    if kind in fields or any(f"{kind}?{code}" in fields for _system, code in codings(tree.get("code"))):
        return tree
    allowed = elements(kind, fields)
    if not allowed & tree.keys():
        return None
    return {name: value for name, value in tree.items() if name in FRAME or name in allowed}


def elements(kind: str, fields: Iterable[str]) -> frozenset[str]:
    """The elements of one type that selectors name."""
    return frozenset(field.partition(".")[2] for field in fields if field.startswith(f"{kind}."))


def outside(asked: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """The selectors of ``asked`` that ``allowed`` does not cover: an element is covered by its whole type, too."""
    if allowed >= EVERYTHING:
        return frozenset()
    return frozenset(field for field in asked if field not in allowed and field.partition(".")[0] not in allowed)
