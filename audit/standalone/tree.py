"""The tree of RFC 9162 §2.1 as whoever checks it sees it: roots recomputed, proofs judged. Standard library only."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


class BadProof(ValueError):
    """A proof that does not lead from what is held to what is claimed."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash over two children."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows by any number of leaves; per level it keeps the one hash still without a partner."""

    def __init__(self) -> None:
        self.size = 0
        self.single: list[bytes | None] = []

    def begin(self, size: int, hashes: Sequence[bytes]) -> None:
        """Stand where a tree of ``size`` leaves stood, given the hashes of its complete subtrees, left to right."""
        left = iter(hashes)
        self.size = size
        self.single = [next(left) if size >> level & 1 else None for level in reversed(range(size.bit_length()))][::-1]

    def grow(self, leaves: Sequence[bytes]) -> list[list[bytes]]:
        """Append leaf hashes; return the hashes of the subtrees this completes, from level 1 upwards."""
        self.size += len(leaves)
        row, made, level = list(leaves), list[list[bytes]](), 0
        while row:
            if level == len(self.single):
                self.single.append(None)
            if (waiting := self.single[level]) is not None:
                row = [waiting, *row]
            self.single[level] = row[-1] if len(row) % 2 else None
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
            made.append(row)
            level += 1
        return made

    def root(self) -> bytes:
        """Return the 32-byte root at the present size."""
        root = None
        for left in self.single:
            if left is not None:
                root = left if root is None else sha256(b"\x01" + left + root).digest()
        return root or EMPTY


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
