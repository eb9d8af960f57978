"""The JSON Canonicalization Scheme (RFC 8785) of an exact tree: what a signature over FHIR is over. Pure.

Numbers become what ECMAScript makes of them, so ``1.10`` is signed as ``1.1``; a lexeme beyond a double has no form.
"""

import math
from decimal import Decimal
from json.encoder import encode_basestring

from .exact import Lexeme, Object, Tree

UNSIGNED = ("id", "meta")
"""What the canonicalization ``json#document`` leaves out at the root."""


def document(resource: Object) -> bytes:
    """The canonical bytes of a resource without its id and meta. Raises ``ValueError`` as ``canonical``."""
    return canonical({name: value for name, value in resource.items() if name not in UNSIGNED})


def canonical(tree: Tree) -> bytes:
    """The canonical bytes. Raises ``ValueError`` for a number that no double holds."""
    return _text(tree).encode()


def _text(tree: Tree) -> str:
    if isinstance(tree, dict):
        names = sorted(tree, key=None if all(map(str.isascii, tree)) else _code_units)
        return "{" + ",".join(f"{encode_basestring(name)}:{_text(tree[name])}" for name in names) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(map(_text, tree)) + "]"
    if isinstance(tree, str):
        return str(encode_basestring(tree))
    if isinstance(tree, Lexeme):
        return number(float(tree.text))
    return {True: "true", False: "false", None: "null"}[tree]


def _code_units(name: str) -> bytes:
    return name.encode("utf-16-be")


def number(value: float) -> str:
    """A double as ECMAScript writes it (ECMA-262, Number::toString). Raises ``ValueError`` for one that is none."""
    if not math.isfinite(value):
        raise ValueError("a number that no double holds")
    if value == 0:
        return "0"
    _, numerals, exponent = Decimal(repr(abs(value))).as_tuple()
    shown = "".join(map(str, numerals)).rstrip("0").lstrip("0")
    point = len("".join(map(str, numerals)).lstrip("0")) + int(exponent)
    return ("-" if value < 0 else "") + _placed(shown, point)


def _placed(digits: str, point: int) -> str:
    """The shortest ``digits`` with the decimal point after the first ``point`` of them."""
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{point - 1:+d}"
