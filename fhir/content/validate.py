"""Whether a resource is FHIR R4 4.0.1 as we take it: one walk over its tree that says everything that is wrong.

Never rewrites. What the definitions of fhir.resources say (elements, types, cardinality, choices) comes from
``shapes``; what they do not say and we need comes from ``bindings``, ``primitives``, ``references``,
``narrative`` and ``invariants``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from fhir.content import references
from fhir.content.exact import Object, Tree
from fhir.content.invariants import has_coding
from fhir.content.issues import Invalid, Issue, error
from fhir.content.primitives import Primitive
from fhir.content.shapes import Element, Shape, shape
from fhir.content.types import ARRIVALS, CONTAINED

_LISTABLE = 25
_NAME = re.compile(r"_?[a-z][A-Za-z0-9]{0,63}|resourceType|fhir_comments")
_EXTENSIONS = Element(name="extension", path="extension", type="Element")  # what stands beside a primitive value
MAX_ISSUES = 100  # a hostile file may have a million; a person mends a hundred at a time


class Reference(NamedTuple):
    """A Reference that the walk met: the object that holds it, where it stands, what it may point to."""

    holder: Object
    target: references.Target
    at: str
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a walk found: what is wrong, and every well-formed reference that names another resource."""

    issues: tuple[Issue, ...]
    references: tuple[Reference, ...]


def check(resource: Tree, at: str = "") -> None:
    """Refuse ``resource`` unless it is a valid resource of a type in ``types.ARRIVALS``.

    ``at`` is its place in FHIRPath (``Bundle.entry[2].resource``); left out, paths start with its type.
    Raises ``Invalid`` with all issues, the first ``MAX_ISSUES`` of them.
    """
    issues = walk(resource, at, types=ARRIVALS).issues
    if issues:
        raise Invalid(issues)


def walk(resource: Tree, at: str, *, types: Iterable[str], entries: Iterable[str] = ()) -> Findings:
    """Look at ``resource`` wholly; nothing is raised.

    ``types`` are the resource types allowed here, ``entries`` those allowed in the entries of a Bundle.
    """
    walker = _Walker(frozenset(entries))
    try:
        walker.resource(resource, at, frozenset(types))
    except _Enough:
        text = f"has more than {MAX_ISSUES} faults; only the first are listed"
        walker.issues.append(error("too-costly", at, text))
    return Findings(tuple(walker.issues), tuple(walker.references))


class _Enough(Exception):
    """The list of issues is full."""


class _Walker:
    """One walk. Its recursion follows the tree, whose depth ``exact.parse`` has bounded."""

    def __init__(self, entries: frozenset[str]) -> None:
        self.issues: list[Issue] = []
        self.references: list[Reference] = []
        self._inner = {"resource": entries, "contained": CONTAINED, "outcome": frozenset({"OperationOutcome"})}
        self._local: dict[str, str] = {}  # what "#id" may name: the ids of the contained resources and their types

    def _wrong(self, code: str, at: str, text: str) -> None:
        if len(self.issues) >= MAX_ISSUES:
            raise _Enough
        self.issues.append(error(code, at, text))

    def resource(self, tree: Tree, at: str, types: frozenset[str], *, contained: bool = False) -> None:
        type_ = tree.get("resourceType") if isinstance(tree, dict) else None
        if not isinstance(tree, dict):
            self._wrong("structure", at, "must be a resource: an object with a resourceType")
        elif not isinstance(type_, str) or type_ not in types:
            self._wrong("not-supported", at, f"resourceType must be {_listed(types)}")
        elif contained:
            self._contained(tree, at)
            self._object(tree, shape(type_), at)
        else:
            self._container(tree, type_, at or type_)

    def _container(self, tree: Object, type_: str, at: str) -> None:
        """A resource that stands by itself: local references inside it name what it contains, and nothing else."""
        contained = tree.get("contained")
        inside = [each for each in contained if isinstance(each, dict)] if isinstance(contained, list) else []
        outer, self._local = self._local, {str(each.get("id")): str(each.get("resourceType")) for each in inside}
        if len(self._local) != len(inside):
            self._wrong("duplicate", f"{at}.contained", "each contained resource must have an id of its own")
        self._local[""] = type_
        self._object(tree, shape(type_), at)
        self._local = outer

    def _contained(self, tree: Object, at: str) -> None:
        meta = tree.get("meta")
        if "contained" in tree:
            self._wrong("invariant", f"{at}.contained", "must not stand in a contained resource (dom-2)")
        if isinstance(meta, dict) and not meta.keys().isdisjoint(("versionId", "lastUpdated", "security")):
            text = "of a contained resource must have no versionId, lastUpdated or security (dom-4, dom-5)"
            self._wrong("invariant", f"{at}.meta", text)
        if "id" not in tree:
            self._wrong("required", f"{at}.id", "is required in a contained resource")

    def _object(self, tree: Object, shape_: Shape, at: str) -> None:
        faults = len(self.issues)
        elements = shape_.elements
        for key, value in tree.items():
            element = elements.get(key)
            if element is None:
                self._other(key, value, tree, shape_, at)
            elif element.many:
                self._array(element, value, tree, at)
            elif element.primitive:
                self._primitive(element, element.primitive, value, at)
            else:
                self._complex(element, value, f"{at}.{element.path}")
        for path, names in shape_.required:
            if names.isdisjoint(tree):
                self._wrong("required", f"{at}.{path}", "is required")
        for path, names in shape_.choices:
            if len({name.lstrip("_") for name in names & tree.keys()}) > 1:
                self._wrong("structure", f"{at}.{path}", "may have one value, of one type")
        if shape_.rules and len(self.issues) == faults:
            self._rules(tree, shape_, at)

    def _other(self, key: str, value: Tree, tree: Object, shape_: Shape, at: str) -> None:
        """A property that is no element: the half of a primitive that holds its extensions, or unknown."""
        element = shape_.elements.get(key[1:]) if key.startswith("_") else None
        if element and element.primitive:
            self._sibling(element, value, tree, f"{at}.{element.path}")
        elif key != "resourceType" or not shape_.resource:
            # A key that looks like no element may be anything, a name too: it is not repeated.
            named = _NAME.fullmatch(key)
            text = "is no element" if named else "holds a property that is no element"
            allowed = ", ".join(shape_.elements)
            self._wrong("structure", f"{at}.{key}" if named else at, f"{text} of FHIR R4; allowed here: {allowed}")

    def _sibling(self, element: Element, value: Tree, tree: Object, at: str) -> None:
        if not element.many:
            self._complex(_EXTENSIONS, value, at)
        elif not isinstance(value, list) or not any(value):
            self._wrong("structure", at, f"_{element.name} must be an array with at least one object")
        else:
            values = tree.get(element.name)
            if isinstance(values, list) and len(values) != len(value):
                self._wrong("structure", at, f"{element.name} and _{element.name} must be equally long")
            for index, each in enumerate(value):
                if each is not None:
                    self._complex(_EXTENSIONS, each, f"{at}[{index}]")

    def _array(self, element: Element, value: Tree, tree: Object, at: str) -> None:
        if not isinstance(value, list) or not value:
            self._wrong("structure", f"{at}.{element.path}", "must be an array with at least one value")
        elif element.primitive:
            self._primitives(element, element.primitive, value, tree, at)
        else:
            for index, each in enumerate(value):
                self._complex(element, each, f"{at}.{element.path}[{index}]")

    def _primitives(self, element: Element, primitive: Primitive, values: list[Tree], tree: Object, at: str) -> None:
        siblings = tree.get(f"_{element.name}")
        for index, value in enumerate(values):
            extended = isinstance(siblings, list) and index < len(siblings) and siblings[index] is not None
            if value is not None or not extended:
                self._primitive(element, primitive, value, at, f"[{index}]")

    def _primitive(self, element: Element, primitive: Primitive, value: Tree, at: str, index: str = "") -> None:
        if not primitive.accepts(value):
            self._wrong("value", f"{at}.{element.path}{index}", f"must be {primitive.allowed}")
        elif element.codes and value not in element.codes:
            self._wrong("code-invalid", f"{at}.{element.path}{index}", f"must be one of: {', '.join(element.codes)}")

    def _complex(self, element: Element, value: Tree, at: str) -> None:
        if element.type == "Resource":
            self.resource(value, at, self._inner[element.name], contained=element.name == "contained")
        elif not isinstance(value, dict) or not value:
            self._wrong("structure", at, "must be an object with at least one element")
        else:
            self._object(value, shape(element.type), at)
            if element.concept and not has_coding(value, *element.concept):
                system, codes = element.concept
                self._wrong("code-invalid", at, f"must have a coding of {system} with one of: {', '.join(codes)}")
            if element.type == "Reference" and isinstance(text := value.get("reference"), str):
                self._reference(value, text, element.targets, at)

    def _reference(self, holder: Object, text: str, allowed: frozenset[str], at: str) -> None:
        target = references.target(text)
        if target is None:
            self._wrong("value", f"{at}.reference", f"must be {references.ALLOWED}")
            return
        local = target.local is not None
        if local and target.local not in self._local:
            self._wrong("not-found", f"{at}.reference", "must name a resource contained in this one (ref-1)")
            return
        type_ = self._local[target.local or ""] if local else target.type
        if type_ and allowed and type_ not in allowed:
            self._wrong("value", f"{at}.reference", wrong_target(allowed))
        elif not local:
            self.references.append(Reference(holder, target, at, allowed))

    def _rules(self, tree: Object, shape_: Shape, at: str) -> None:
        for rule in shape_.rules:
            if not rule.holds(tree):
                self._wrong("invariant", at, f"{rule.text} ({rule.id})")


def wrong_target(allowed: Iterable[str]) -> str:
    """What to say of a reference to a type that its element does not take."""
    return f"must refer to one of: {', '.join(sorted(allowed))}"


def _listed(types: frozenset[str]) -> str:
    return f"one of: {', '.join(sorted(types))}" if len(types) <= _LISTABLE else "a resource type of FHIR R4"
