"""JSON that comes out as it went in: key order, strings and number lexemes verbatim (docs/encryption.md).

White space and escapes are free; everything else is the sender's. Nothing here knows FHIR.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import NoReturn, TypeAlias

MAX_DEPTH = 100  # objects and arrays inside one another
MAX_NUMBER = 256  # characters of one number; R4 asks for 18 digits, and int() of a million digits is an attack

# A string to be skipped, or one of the tokens that JSON has no place for here.
_TOKENS = re.compile(rf'"(?:[^"\\]|\\.)*"|-?Infinity|NaN|[-+.0-9eE]{{{MAX_NUMBER + 1},}}')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ELEMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class Malformed(ValueError):
    """Bytes that are not exact JSON. ``line`` and ``column`` count from 1, 0 if unknown.

    ``at`` is the path of the element in FHIRPath, "" if unknown. Values of the input are never repeated.
    """

    def __init__(self, sentence: str, *, line: int = 0, column: int = 0, at: str = "") -> None:
        self.sentence, self.line, self.column, self.at = sentence, line, column, at
        super().__init__(f"line {line}, column {column}: {sentence}" if line else sentence)


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A number as the sender wrote it: ``1.10`` and ``1.0e-245`` stay themselves."""

    text: str


Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | Lexeme | bool | None"
Object: TypeAlias = "dict[str, Tree]"


class _Unwanted(ValueError):
    """A number or constant that is refused; the reader of positions finds where it stands."""


class _Doubled(ValueError):
    """An object that names one key twice."""


def parse(data: bytes) -> Tree:
    """Read one JSON value from UTF-8 ``data``; numbers become ``Lexeme``.

    Raises ``Malformed`` on anything RFC 8259 or this house refuses: a byte order mark, bytes that are not
    UTF-8, duplicate keys, NaN and Infinity, lone surrogates, numbers and nesting beyond the limits above.
    """
    text = _decoded(data)
    try:
        tree: Tree = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(f"{error.msg}.", line=error.lineno, column=error.colno) from None
    except _Doubled:
        _refuse_doubled(text)
    except _Unwanted:
        _refuse_token(text)
    except RecursionError:
        raise _too_deep() from None
    _refuse_depth(text, tree)
    if _SURROGATE.search(text):
        _refuse_lone_surrogates(tree)
    return tree


def dump(tree: Tree) -> bytes:
    """Write ``tree`` as compact UTF-8 JSON; ``parse(dump(tree)) == tree``.

    Raises ``TypeError`` on a Python number: a number without its lexeme has lost what the sender wrote.
    """
    written: list[str] = []
    _write(tree, written.append)
    return "".join(written).encode()


def _decoded(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise Malformed("The file starts with a byte order mark; JSON is plain UTF-8.", line=1, column=1)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise Malformed("A byte here is not UTF-8.", line=line, column=column) from None


def _object(pairs: list[tuple[str, Tree]]) -> Object:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Doubled
    return made


def _lexeme(text: str) -> Lexeme:
    if len(text) > MAX_NUMBER:
        raise _Unwanted
    return Lexeme(text)


def _constant(_name: str) -> NoReturn:
    raise _Unwanted


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_lexeme, parse_int=_lexeme, parse_constant=_constant)


def _refuse_token(text: str) -> NoReturn:
    for found in _TOKENS.finditer(text):
        if not found[0].startswith('"'):
            line, column = _position(text, found.start())
            raise Malformed(
                f"A number here is not JSON: NaN, Infinity and more than {MAX_NUMBER} characters are refused.",
                line=line,
                column=column,
            )
    raise Malformed("A number is not JSON.")


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _Marked(dict[str, Tree]):
    """An object read a second time, with the key it names twice."""

    doubled = ""


def _mark(pairs: list[tuple[str, Tree]]) -> _Marked:
    made, seen = _Marked(pairs), set[str]()
    for key, _ in pairs:
        if key in seen:
            made.doubled = key
            break
        seen.add(key)
    return made


def _refuse_doubled(text: str) -> NoReturn:
    """The slow way, only for a refusal: read again, keep the marks, and say where the first stands."""
    try:
        tree = json.loads(text, object_pairs_hook=_mark, parse_float=Lexeme, parse_int=Lexeme)
        at, key = next(_marks(tree, ""))
    except RecursionError:
        raise _too_deep() from None
    named = f"the key {key}" if _ELEMENT.fullmatch(key) else "a key"
    raise Malformed(f"An object names {named} twice; every key may stand once.", at=at)


def _marks(tree: Tree, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(tree, _Marked):
        if tree.doubled:
            yield at, tree.doubled
        root = tree.get("resourceType")
        here = at or (root if isinstance(root, str) and _ELEMENT.fullmatch(root) else "")
        for key, value in tree.items():
            yield from _marks(value, f"{here}.{key}".lstrip("."))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from _marks(value, f"{at}[{index}]")


def _too_deep() -> Malformed:
    return Malformed(f"Objects and arrays stand more than {MAX_DEPTH} deep in one another.")


def _refuse_depth(text: str, tree: Tree) -> None:
    if text.count("{") + text.count("[") <= MAX_DEPTH or not isinstance(tree, dict | list):
        return
    level: list[Object | list[Tree]] = [tree]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise _too_deep()


def _refuse_lone_surrogates(tree: Tree) -> None:
    try:
        dump(tree)
    except UnicodeEncodeError:
        raise Malformed("A string holds half of a surrogate pair, which is no character.") from None


_WORDS = {True: "true", False: "false", None: "null"}


def _write(tree: Tree, put: Callable[[str], None]) -> None:
    if isinstance(tree, str):
        put(encode_basestring(tree))
    elif isinstance(tree, dict):
        _write_object(tree, put)
    elif isinstance(tree, list):
        _write_array(tree, put)
    elif isinstance(tree, Lexeme):
        put(tree.text)
    elif tree is None or isinstance(tree, bool):
        put(_WORDS[tree])
    else:
        raise TypeError(f"{type(tree).__name__} is no part of an exact tree")


def _write_object(tree: Object, put: Callable[[str], None]) -> None:
    opening = "{"
    for key, value in tree.items():
        put(opening)
        put(encode_basestring(key))
        put(":")
        _write(value, put)
        opening = ","
    put("}" if tree else "{}")


def _write_array(tree: list[Tree], put: Callable[[str], None]) -> None:
    opening = "["
    for value in tree:
        put(opening)
        _write(value, put)
        opening = ","
    put("]" if tree else "[]")
