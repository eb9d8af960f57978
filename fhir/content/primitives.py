"""The primitive types of FHIR R4: what a JSON value must look like to be one (hl7.org/fhir/R4/datatypes.html)."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from fhir.content import narrative
from fhir.content.exact import Lexeme, Tree
from fhir.content.types import RESOURCE_TYPES

MAX_STRING = 1024 * 1024
_INT32 = 2**31

_YEAR = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_DAY = r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Primitive:
    """One primitive type: ``accepts`` decides, ``allowed`` completes the sentence "must be ..."."""

    accepts: Callable[[Tree], bool]
    allowed: str


def _text(value: Tree) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_STRING and not _CONTROL.search(value)


def _boolean(value: Tree) -> bool:
    return value is True or value is False


_EXPONENT = re.compile(r"[^eE]+([eE][-+]?[0-9]{1,5})?")


def _decimal(value: Tree) -> bool:
    # An exponent of twenty digits is JSON, but nobody can reckon with it.
    return type(value) is Lexeme and _EXPONENT.fullmatch(value.text) is not None


def _matching(pattern: str) -> Callable[[Tree], bool]:
    fullmatch = re.compile(pattern).fullmatch
    return lambda value: type(value) is str and fullmatch(value) is not None


def _dated(pattern: str) -> Callable[[Tree], bool]:
    """A date, or a time on a date, that is in the calendar."""
    fullmatch = re.compile(pattern).fullmatch
    return lambda value: type(value) is str and fullmatch(value) is not None and _in_calendar(value)


def _in_calendar(text: str) -> bool:
    day = text[:10]
    if len(day) < 10 or day[8:] <= "28":
        return True
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _whole(least: int) -> Callable[[Tree], bool]:
    fullmatch = re.compile(r"-?(0|[1-9][0-9]{0,9})").fullmatch
    return lambda value: (
        type(value) is Lexeme and fullmatch(value.text) is not None and least <= int(value.text) < _INT32
    )


def _base64(value: Tree) -> bool:
    if type(value) is not str or not value.strip():
        return False
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        return False
    return True


def _resource_type(value: Tree) -> bool:
    return type(value) is str and value in RESOURCE_TYPES


_TEXT = Primitive(_text, "a string that is not empty and has no control characters")
_URI = Primitive(_matching(r"\S+"), "a URI without spaces")

PRIMITIVES: Mapping[str, Primitive] = MappingProxyType(
    {
        "boolean": Primitive(_boolean, "true or false"),
        "integer": Primitive(_whole(-_INT32), "a whole number of 32 bits"),
        "unsignedInt": Primitive(_whole(0), "a whole number, 0 or more, of 31 bits"),
        "positiveInt": Primitive(_whole(1), "a whole number, 1 or more, of 31 bits"),
        "decimal": Primitive(_decimal, "a number, its exponent of at most 5 digits"),
        "string": _TEXT,
        "markdown": _TEXT,
        "code": Primitive(_matching(r"[^\s]+(\s[^\s]+)*"), "a code: no spaces at its ends, single ones inside"),
        "id": Primitive(_matching(r"[A-Za-z0-9\-.]{1,64}"), "an id: 1 to 64 of A-Z a-z 0-9 - ."),
        "uri": _URI,
        "url": _URI,
        "canonical": _URI,
        "oid": Primitive(_matching(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+"), "an OID like urn:oid:1.2.3"),
        "uuid": Primitive(
            _matching(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "a UUID like urn:uuid:c757873d-..."
        ),
        "base64Binary": Primitive(_base64, "base64"),
        "date": Primitive(_dated(rf"{_YEAR}(-(0[1-9]|1[0-2])|-{_DAY})?"), "a real date: YYYY, YYYY-MM or YYYY-MM-DD"),
        "dateTime": Primitive(
            _dated(rf"{_YEAR}(-(0[1-9]|1[0-2])|-{_DAY}(T{_CLOCK}{_ZONE})?)?"),
            "a real date, YYYY, YYYY-MM or YYYY-MM-DD, or YYYY-MM-DDThh:mm:ss with Z or +hh:mm",
        ),
        "instant": Primitive(
            _dated(rf"{_YEAR}-{_DAY}T{_CLOCK}{_ZONE}"), "a real instant: YYYY-MM-DDThh:mm:ss with Z or +hh:mm"
        ),
        "time": Primitive(_matching(_CLOCK), "a time of day: hh:mm:ss without zone"),
        "xhtml": Primitive(narrative.is_safe, narrative.ALLOWED),
    }
)

_MIME = Primitive(_matching(r"[A-Za-z0-9.+_-]+/[A-Za-z0-9.+_*-]+(\s*;.*)?"), "a MIME type like application/pdf")

# Required bindings to sets too large to list: (type, element) -> what its values look like.
BOUND: Mapping[tuple[str, str], Primitive] = MappingProxyType(
    {
        ("Attachment", "contentType"): _MIME,
        ("Signature", "targetFormat"): _MIME,
        ("Signature", "sigFormat"): _MIME,
        ("Money", "currency"): Primitive(_matching(r"[A-Z]{3}"), "a currency of ISO 4217 like USD"),
        ("Questionnaire", "subjectType"): Primitive(_resource_type, "a FHIR R4 resource type"),
    }
)
