"""JSON Patch (RFC 6902) with JSON Pointer (RFC 6901) over exact trees. Pure; nothing here knows FHIR.

What was given is left as it is; numbers that no operation touches keep their lexemes.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from fhir.content.exact import MAX_DEPTH, Lexeme, Object, Tree
from fhir.content.issues import Invalid, error

MAX_OPERATIONS = 100
MAX_VALUES = 20_000  # that one patch may put in: "copy" doubles, so a short one could fill the memory

_INDEX = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)
_POINTER = re.compile("(/([^~/]|~0|~1)*)*")
_END = "-"


class NotAPatch(Invalid):
    """What was sent is no patch."""


class NotApplied(Invalid):
    """A patch that does not fit what it is applied to, or whose ``test`` failed."""


def apply(tree: Tree, patch: Tree) -> Tree:
    """``tree`` with every operation of ``patch`` done, in order, all or none.

    Raises ``NotAPatch`` and ``NotApplied`` naming the operation that is wrong, never a value.
    """
    return _Patching(tree).all(patch)


def same(one: Tree, other: Tree) -> bool:
    """Whether two trees are equal by RFC 6902 4.6: the order of keys is nothing, and of numbers the value counts."""
    if isinstance(one, Lexeme) and isinstance(other, Lexeme):
        return one == other or _value(one) == _value(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def _value(number: Lexeme) -> "Decimal | str":
    try:
        return Decimal(number.text)
    except ArithmeticError:  # an exponent that no decimal has
        return number.text


class _Patching:
    """One patch, done on a copy. ``at`` is where in the patch we are."""

    def __init__(self, tree: Tree) -> None:
        self._room, self._at = MAX_VALUES, ""
        self._tree = _copied(tree)

    def all(self, patch: Tree) -> Tree:
        if not isinstance(patch, list):
            raise NotAPatch([error("structure", "http.body", "must be an array of operations (RFC 6902)")])
        if len(patch) > MAX_OPERATIONS:
            text = f"has {len(patch)} operations; at most {MAX_OPERATIONS} are taken"
            raise NotAPatch([error("too-costly", "http.body", text)])
        for number, operation in enumerate(patch):
            self._at = f"http.body[{number}]"
            self._one(operation)
        return self._tree

    def _one(self, operation: Tree) -> None:
        if not isinstance(operation, dict):
            raise NotAPatch([error("structure", self._at, "must be an object")])
        name = operation.get("op")
        if not isinstance(name, str) or name not in _OPERATIONS:
            text = f"must be one of: {', '.join(_OPERATIONS)}"
            raise NotAPatch([error("value", f"{self._at}.op", text)])
        _OPERATIONS[name](self, operation)

    def add(self, operation: Object) -> None:
        path, value = self._pointer(operation, "path"), self._given(operation)
        self._put(path, value)

    def remove(self, operation: Object) -> None:
        self._take(self._pointer(operation, "path"), "path")

    def replace(self, operation: Object) -> None:
        path, value = self._pointer(operation, "path"), self._given(operation)
        if path:
            container = self._get(path[:-1], "path")
            self._child(container, path[-1], "path")
            if isinstance(container, dict):  # where it stood
                container[path[-1]] = self._fitting(value, len(path))
                return
            self._take(path, "path")
        self._put(path, value)

    def move(self, operation: Object) -> None:
        source, path = self._pointer(operation, "from"), self._pointer(operation, "path")
        if source == path[: len(source)]:
            if source != path:
                raise self._wrong("from", "must not hold the place it is moved to")
            self._get(source, "from")
            return
        self._put(path, self._take(source, "from"))

    def copy(self, operation: Object) -> None:
        source, path = self._pointer(operation, "from"), self._pointer(operation, "path")
        self._put(path, self._get(source, "from"))

    def test(self, operation: Object) -> None:
        path, value = self._pointer(operation, "path"), self._given(operation)
        if not same(self._get(path, "path"), value):
            raise self._wrong("value", "is not what stands there now")

    def _pointer(self, operation: Object, name: str) -> list[str]:
        pointer = operation.get(name)
        if not isinstance(pointer, str) or not _POINTER.fullmatch(pointer):
            raise NotAPatch([error("value", f"{self._at}.{name}", "must be a JSON Pointer (RFC 6901)")])
        return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]

    def _given(self, operation: Object) -> Tree:
        if "value" not in operation:
            raise NotAPatch([error("required", f"{self._at}.value", "is required")])
        return operation["value"]

    def _get(self, path: list[str], name: str) -> Tree:
        tree = self._tree
        for token in path:
            tree = self._child(tree, token, name)
        return tree

    def _child(self, tree: Tree, token: str, name: str) -> Tree:
        if isinstance(tree, dict) and token in tree:
            return tree[token]
        if isinstance(tree, list) and _INDEX.fullmatch(token) and int(token) < len(tree):
            return tree[int(token)]
        raise self._nowhere(name)

    def _put(self, path: list[str], value: Tree) -> None:
        value = self._fitting(value, len(path))
        if not path:
            self._tree = value
            return
        container, token = self._get(path[:-1], "path"), path[-1]
        if isinstance(container, dict):
            container[token] = value
        elif isinstance(container, list) and token == _END:
            container.append(value)
        elif isinstance(container, list) and _INDEX.fullmatch(token) and int(token) <= len(container):
            container.insert(int(token), value)
        else:
            raise self._nowhere("path")

    def _take(self, path: list[str], name: str) -> Tree:
        if not path:
            raise self._wrong(name, "must not be the whole")
        container, token = self._get(path[:-1], name), path[-1]
        value = self._child(container, token, name)
        if isinstance(container, dict):
            del container[token]
        elif isinstance(container, list):
            del container[int(token)]
        return value

    def _fitting(self, value: Tree, depth: int) -> Tree:
        """A copy of what is put in, if there is room for it."""
        values, levels = _measured(value)
        self._room -= values
        if self._room < 0 or depth + levels > MAX_DEPTH:
            raise NotApplied([error("too-costly", self._at, "makes more, or deeper, than is taken")])
        return _copied(value)

    def _nowhere(self, name: str) -> NotApplied:
        return self._wrong(name, "names nothing that is there")

    def _wrong(self, name: str, text: str) -> NotApplied:
        return NotApplied([error("value", f"{self._at}.{name}", text)])


_OPERATIONS: Mapping[str, Callable[[_Patching, Object], None]] = MappingProxyType(
    {
        "add": _Patching.add,
        "remove": _Patching.remove,
        "replace": _Patching.replace,
        "move": _Patching.move,
        "copy": _Patching.copy,
        "test": _Patching.test,
    }
)


def _copied(tree: Tree) -> Tree:
    if isinstance(tree, dict):
        return {key: _copied(value) for key, value in tree.items()}
    return [_copied(each) for each in tree] if isinstance(tree, list) else tree


def _measured(tree: Tree) -> tuple[int, int]:
    """How many values there are in a tree, and how many objects and arrays deep it is."""
    if not isinstance(tree, dict | list):
        return 1, 0
    inside = [_measured(each) for each in (tree.values() if isinstance(tree, dict) else tree)]
    return 1 + sum(count for count, _ in inside), 1 + max((levels for _, levels in inside), default=0)
