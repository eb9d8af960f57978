"""The Merkle tree of RFC 6962 §2.1 / RFC 9162 §2.1, pure: hashes in, hashes out, no storage.

A *subtree* ``(level, place)`` is the complete tree over leaves ``place << level`` to ``(place + 1) << level``.
Only complete subtrees are ever kept: they never change once made, and every root and proof folds from them.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

from audit.standalone.tree import BadProof

EMPTY = sha256(b"").digest()

Range = tuple[int, int]


class Subtree(NamedTuple):
    """Where a complete subtree stands; a leaf is level 0."""

    level: int
    place: int


def leaf_hash(data: bytes) -> bytes:
    """Return the 32-byte hash of a leaf's bytes."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash over two children."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root over the complete subtrees of a range, given left to right; EMPTY for none."""
    if not hashes:
        return EMPTY
    *rest, root = hashes
    for left in reversed(rest):
        root = node_hash(left, root)
    return root


def cover(start: int, end: int) -> Iterator[Subtree]:
    """Yield the fewest complete subtrees over leaves ``start`` to ``end`` (exclusive), left to right."""
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        yield Subtree(level, start >> level)
        start += 1 << level


class Frontier:
    """The right edge of a growing tree: its size and the hashes of ``cover(0, size)``."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> Iterator[tuple[Subtree, bytes]]:
        """Add one leaf hash; yield each subtree above the leaves that it completed, lowest first."""
        made, level, place = leaf, 0, self.size
        while place & 1:
            made = node_hash(self.hashes.pop(), made)
            level, place = level + 1, place >> 1
            yield Subtree(level, place), made
        self.hashes.append(made)
        self.size += 1

    def root(self) -> bytes:
        """Return the 32-byte root of the tree as it stands."""
        return fold(self.hashes)


def _split(start: int, end: int) -> int:
    """The largest power of two smaller than the range, as a position in it."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Return the leaf ranges whose roots prove leaf ``index`` in a tree of ``size`` (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise BadProof("no such leaf in a tree of that size")
    start, end, ranges = 0, size, list[Range]()
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """Return the leaf ranges whose roots prove that tree ``new`` grew out of ``old`` (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= new:
        raise BadProof("no proof leads from the empty tree or to a smaller one")
    start, end, ranges = 0, new, list[Range]()
    while old < end:
        middle = _split(start, end)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:  # at 0 the remaining subtree is the whole old tree, whose root the verifier holds
        ranges.append((start, end))
    return ranges[::-1]


def proof(ranges: Sequence[Range], stored: Callable[[Subtree], bytes]) -> list[bytes]:
    """Return the hash of each range, folded from the ``stored`` complete subtrees."""
    return [fold([stored(subtree) for subtree in cover(*range_)]) for range_ in ranges]
