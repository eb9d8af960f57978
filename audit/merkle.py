"""The Merkle tree of RFC 6962 §2.1 / RFC 9162 §2.1, pure: hashes in, hashes out, no storage.

A *subtree* ``(level, place)`` is the complete tree over leaves ``place << level`` to ``(place + 1) << level``.
Only complete subtrees are ever kept: they never change once made, and every root and proof folds from them.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

EMPTY = sha256(b"").digest()

Range = tuple[int, int]


class Subtree(NamedTuple):
    """Where a complete subtree stands; a leaf is level 0."""

    level: int
    place: int


class BadProof(ValueError):
    """A proof that does not lead from what is held to what is claimed."""


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


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise BadProof unless ``path`` leads from the leaf hash to the root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        raise BadProof("no such leaf in a tree of that size")
    made = leaf
    for left, sibling in _turns(index, size - 1, path):
        made = node_hash(sibling, made) if left else node_hash(made, sibling)
    if made != root:
        raise BadProof("the proof does not lead to the root")


def check_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Raise BadProof unless ``path`` shows that the new tree begins with the old one (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new:
        raise BadProof("no proof leads from the empty tree or to a smaller one")
    if old == new:
        if path or old_root != new_root:
            raise BadProof("two trees of one size are not the same")
        return
    whole = old & (old - 1) == 0
    start, *rest = [old_root, *path] if whole else path or [b""]
    trailing = (old & -old).bit_length() - 1  # the levels up to the old tree's last complete subtree
    before = after = start
    for left, sibling in _turns(old - 1 >> trailing, new - 1 >> trailing, rest):
        before = node_hash(sibling, before) if left else before
        after = node_hash(sibling, after) if left else node_hash(after, sibling)
    if (before, after) != (old_root, new_root):
        raise BadProof("the proof does not lead from one root to the other")


def _turns(place: int, last: int, path: Sequence[bytes]) -> Iterator[tuple[bool, bytes]]:
    """Yield each hash on the way up with whether it stands left of us; BadProof unless the way ends at the top."""
    for sibling in path:
        if last == 0:
            raise BadProof("the proof is too long")
        left = bool(place & 1) or place == last
        yield left, sibling
        if left:
            skipped = (place & -place).bit_length() - 1
            place, last = place >> skipped, last >> skipped
        place, last = place >> 1, last >> 1
    if last:
        raise BadProof("the proof is too short")
