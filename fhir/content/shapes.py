"""What each FHIR R4 type is made of, read from the class definitions of ``fhir.resources.R4B``.

We take the library's definitions and never make its instances: making one costs half a millisecond a resource,
turns ``"true"`` into true and 1.10 into 1.1, and says where it failed in Python names. The tests hold the walk
over these shapes to what the library's own validation refuses. Compiled once per type, at its first use, because
importing the library takes a second.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from fhir.content.bindings import CONCEPTS, REQUIRED, Codes
from fhir.content.invariants import INVARIANTS, Rule
from fhir.content.primitives import BOUND, PRIMITIVES, Primitive

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Element:
    """One property of a type: ``name`` in JSON, ``path`` in FHIRPath (``value`` for ``valueQuantity``)."""

    name: str
    path: str
    type: str
    many: bool = False
    choice: bool = False
    required: bool = False
    targets: frozenset[str] = frozenset()  # of a Reference; empty means any type
    codes: Codes = ()
    concept: tuple[str, Codes] | None = None
    primitive: Primitive | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """One type. ``required`` and ``choices`` pair a FHIRPath name with the JSON names that satisfy it."""

    name: str
    resource: bool
    elements: Mapping[str, Element]
    required: tuple[tuple[str, frozenset[str]], ...]
    choices: tuple[tuple[str, frozenset[str]], ...]
    rules: tuple[Rule, ...]


# fhir_core's marker classes -> FHIR's names; the others only differ in their first letter.
_PRIMITIVE_NAMES = {"bool": "boolean", "UuidVersion": "uuid", "Base64Binary": "base64Binary"}

# Where R4B is not 4.0.1: what it added, and what it has not.
_NOT_IN_R4: Mapping[str, frozenset[str]] = MappingProxyType(
    {"Extension": frozenset({"valueCodeableReference", "valueRatioRange"})}
)
_ONLY_IN_R4: Mapping[str, tuple[Element, ...]] = MappingProxyType(
    {"Extension": (Element(name="valueMeta", path="value", type="Meta", choice=True),)}
)
_R4_TARGETS: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {("Observation", "subject"): frozenset({"Patient", "Group", "Device", "Location"})}
)


@cache
def shape(name: str) -> Shape:
    """The shape of a type by its class name: ``Patient``, ``PatientLink``, ``Reference``.

    Raises ``KeyError`` if the library knows no such type.
    """
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 - a second, paid at the first use

    try:
        model = get_fhir_model_class(name)
    except ValueError:
        raise KeyError(name) from None
    unwanted = _NOT_IN_R4.get(name, frozenset())
    elements = [
        _element(name, field.alias or key, field)
        for key, field in model.model_fields.items()
        if _is_element(field) and key not in unwanted
    ]
    elements += _ONLY_IN_R4.get(name, ())
    return Shape(
        name=name,
        resource=model.has_resource_base(),
        elements={element.name: element for element in elements},
        required=_grouped(element for element in elements if element.required),
        choices=_grouped(element for element in elements if element.choice),
        rules=INVARIANTS.get(name, ()),
    )


def _is_element(field: "FieldInfo") -> bool:
    return bool(_extra(field).get("element_property"))


def _extra(field: "FieldInfo") -> Mapping[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _element(owner: str, name: str, field: "FieldInfo") -> Element:
    extra = _extra(field)
    type_, many = _type(field.annotation)
    choice = extra.get("one_of_many")
    targets = frozenset(extra.get("enum_reference_types", ())) if type_ == "Reference" else frozenset()
    return Element(
        name=name,
        path=choice or name,
        type=type_,
        many=many,
        choice=bool(choice),
        required=bool(extra["one_of_many_required"] if choice else _is_required(field)),
        targets=_R4_TARGETS.get((owner, name), targets - {"Resource"}),
        codes=REQUIRED.get(owner, {}).get(name, ()),
        concept=CONCEPTS.get(owner, {}).get(name),
        primitive=BOUND.get((owner, name), PRIMITIVES.get(type_)),
    )


def _is_required(field: "FieldInfo") -> bool:
    return field.is_required() or bool(_extra(field).get("element_required"))


def _type(annotation: object) -> tuple[str, bool]:
    """The FHIR type of a field and whether it repeats."""
    origin = get_origin(annotation)
    if origin is list:
        return _type(get_args(annotation)[0])[0], True
    if origin is Annotated:
        return _primitive_name(get_args(annotation)[-1]), False
    if origin in (Union, UnionType):
        inner = next(each for each in get_args(annotation) if each is not type(None))
        return _type(inner)
    name = getattr(annotation, "__name__", "")
    return _PRIMITIVE_NAMES.get(name, name.removesuffix("Type")), False


def _primitive_name(marker: object) -> str:
    name = (marker if isinstance(marker, type) else type(marker)).__name__
    return _PRIMITIVE_NAMES.get(name, name[0].lower() + name[1:])


def _grouped(elements: Iterable[Element]) -> tuple[tuple[str, frozenset[str]], ...]:
    names: dict[str, list[str]] = {}
    for element in elements:
        own = [element.name, f"_{element.name}"] if element.primitive else [element.name]
        names.setdefault(element.path, []).extend(own)
    return tuple((path, frozenset(those)) for path, those in names.items())
