"""Cutting a resource down to the fields a permit names (minimum necessary). Pure.

A selector is ``*``, a type (``Observation``), a type with a code (``Observation?93374-7``) or an element
(``Patient.name``). What no selector names is not shown.
"""

from collections.abc import Iterable

from fhir.content.catalog import codings
from fhir.content.exact import Object, Tree

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


WRITERS = frozenset(
    {"asserter", "attester", "authenticator", "author", "custodian", "performer", "recorder", "requester", "sender"}
)
"""The elements of what is sealed that say who wrote it or stands behind it, and the two of a note."""
NOTED_BY = frozenset({"authorReference", "authorString"})
CLIENTS_OWN = ("Patient/", "RelatedPerson/")


def unnamed(tree: Object) -> Object:
    """``tree`` without who wrote it, for who is told of that agency nowhere else; itself if nothing says so.

    Who answered a screen stays if it was the client, or somebody of theirs.
    """
    kept = {name: _without_writer(name, value) for name, value in tree.items() if name not in WRITERS}
    if "source" in kept and not _is_clients_own(kept["source"]):
        del kept["source"]
    return tree if kept == tree else kept


def _without_writer(name: str, value: Tree) -> Tree:
    if name != "note" or not isinstance(value, list):
        return value
    return [
        {part: said for part, said in each.items() if part not in NOTED_BY} if isinstance(each, dict) else each
        for each in value
    ]


def _is_clients_own(source: Tree) -> bool:
    return isinstance(source, dict) and str(source.get("reference", "")).startswith(CLIENTS_OWN)


def elements(kind: str, fields: Iterable[str]) -> frozenset[str]:
    """The elements of one type that selectors name."""
    return frozenset(field.partition(".")[2] for field in fields if field.startswith(f"{kind}."))


def outside(asked: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """The selectors of ``asked`` that ``allowed`` does not cover: an element is covered by its whole type, too."""
    if allowed >= EVERYTHING:
        return frozenset()
    return frozenset(field for field in asked if field not in allowed and field.partition(".")[0] not in allowed)
