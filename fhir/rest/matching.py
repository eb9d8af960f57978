"""Whether a resource is what a filter asks for. Pure."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from fhir.content.exact import Object, Tree

from .parameters import Kind, Parameter
from .values import bounds, several, span, within

CODES = ("use", "type", "system", "period")
"""What of a name or an address is no text."""


class Filter(NamedTuple):
    """One filter as it was asked; ``modifier`` is "" or what stood behind the name."""

    name: str
    parameter: Parameter
    value: str
    modifier: str = ""


def matches(tree: Object, asked: Filter) -> bool:
    """Whether ``tree`` is what ``asked`` asks for; one of several values is enough."""
    elements = list(elements_at(tree, asked.parameter.field))
    if asked.modifier == "missing":
        return (not elements) is (asked.value == "true")
    fits = MATCH.get(asked.modifier) or BY_KIND[asked.parameter.kind]
    found = any(fits(element, asked, each) for element in elements for each in several(asked.value))
    return not found if asked.modifier == "not" else found


def elements_at(tree: Tree, path: str) -> Iterator[Tree]:
    """Every element at a path of names, through all lists on the way."""
    if isinstance(tree, list):
        for each in tree:
            yield from elements_at(each, path)
    elif not path:
        yield tree
    elif isinstance(tree, dict):
        name, _, rest = path.partition(".")
        if name in tree:
            yield from elements_at(tree[name], rest)


def _token(element: Tree, _asked: Filter, value: str) -> bool:
    system, bar, code = value.rpartition("|")
    return any((not bar or system == has) and (not code or code == is_) for has, is_ in _tokens(element))


def _tokens(element: Tree) -> list[tuple[str, str]]:
    """Every (system, code) of an element, whatever of FHIR's token types it is."""
    if isinstance(element, bool):
        return [("", str(element).lower())]
    if isinstance(element, str):
        return [("", element)]
    if not isinstance(element, dict):
        return []
    if "coding" in element:
        return [token for each in elements_at(element["coding"], "") for token in _tokens(each)]
    return [(str(element.get("system", "")), str(element.get("code", element.get("value", ""))))]


def _date(element: Tree, asked: Filter, value: str) -> bool:
    has = span(element) if isinstance(element, str) else None
    return has is not None and within(has, bounds(asked.name, value))


def _uri(element: Tree, _asked: Filter, value: str) -> bool:
    return isinstance(element, str) and value in (element, element.partition("|")[0])


def _reference(element: Tree, asked: Filter, value: str) -> bool:
    """A whole address ends like the reference we wrote; a bare id is one of the type that is meant."""
    said = element.get("reference") if isinstance(element, dict) else None
    named = value if "/" in value else f"{asked.parameter.target}/{value}"
    return isinstance(said, str) and f"/{named}".endswith(f"/{said}")


def _identifier(element: Tree, asked: Filter, value: str) -> bool:
    return isinstance(element, dict) and _token(element.get("identifier"), asked, value)


def _string(element: Tree, _asked: Filter, value: str) -> bool:
    """A text begins so; of a name or an address, each word may be the beginning of another part."""
    parts, wanted = [*map(plain, _texts(element))], plain(value)
    words = [word for part in parts for word in part.split()]
    whole = isinstance(element, dict) and all(any(has.startswith(each) for has in words) for each in wanted.split())
    return bool(wanted) and (whole or any(part.startswith(wanted) for part in parts))


def _exact(element: Tree, _asked: Filter, value: str) -> bool:
    return value in _texts(element)


def _contains(element: Tree, _asked: Filter, value: str) -> bool:
    return any(plain(value) in plain(each) for each in _texts(element))


def _text(element: Tree, _asked: Filter, value: str) -> bool:
    """The words beside a code or a reference."""
    names = ("text", "display", "coding.display")
    return any(plain(each).startswith(plain(value)) for name in names for each in elements_at(element, name) if each)


def _texts(element: Tree) -> list[str]:
    if isinstance(element, dict):
        return [text for name, each in element.items() if name not in CODES for text in _texts(each)]
    if isinstance(element, list):
        return [text for each in element for text in _texts(each)]
    return [element] if isinstance(element, str) else []


def plain(text: Tree) -> str:
    """As texts are compared: lower case, accents and punctuation off, single spaces."""
    shown = unicodedata.normalize("NFKD", text if isinstance(text, str) else "").casefold()
    return " ".join("".join(each for each in shown if each.isalnum() or each.isspace()).split())


Fits = Callable[[Tree, Filter, str], bool]
BY_KIND: Mapping[Kind, Fits] = MappingProxyType(
    {Kind.TOKEN: _token, Kind.DATE: _date, Kind.URI: _uri, Kind.REFERENCE: _reference, Kind.STRING: _string}
)
MATCH: Mapping[str, Fits] = MappingProxyType(
    {"identifier": _identifier, "exact": _exact, "contains": _contains, "text": _text}
)
