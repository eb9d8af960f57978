import json
from functools import cache
from hashlib import sha256
from pathlib import Path

import pymerkle
import pytest

from audit.merkle import (
    Frontier,
    Subtree,
    consistency_ranges,
    cover,
    inclusion_ranges,
    leaf_hash,
    proof,
)
from audit.standalone.tree import BadProof, Tree, check_consistency, check_inclusion

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "audit_tree.json").read_text())
SIZE = 70
DATA = [f"event {number}".encode() for number in range(SIZE)]


def test_the_roots_are_those_of_certificate_transparency() -> None:
    tree = Frontier()
    roots = [tree.root().hex()]
    for data in VECTORS["inputs"]:
        list(tree.append(leaf_hash(bytes.fromhex(data))))
        roots.append(tree.root().hex())
    assert roots == VECTORS["roots"]


class World:
    """Our tree and pymerkle's over the same leaves, with the root of every size on the way."""

    def __init__(self) -> None:
        self.theirs = pymerkle.InmemoryTree(algorithm="sha256")
        self.stored: dict[Subtree, bytes] = {}
        self.roots = [Frontier().root()]
        ours = Frontier()
        for index, data in enumerate(DATA):
            self.theirs.append_entry(data)
            self.stored[Subtree(0, index)] = leaf_hash(data)
            self.stored |= dict(ours.append(leaf_hash(data)))
            self.roots.append(ours.root())


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_our_roots_are_pymerkles_at_every_size(world: World) -> None:
    assert [world.theirs.get_root(size) for size in range(1, SIZE + 1)] == world.roots[1:]


def test_our_inclusion_proofs_are_pymerkles_and_lead_to_the_root(world: World) -> None:
    for size in range(1, SIZE + 1):
        for index in range(size):
            path = proof(inclusion_ranges(index, size), world.stored.__getitem__)
            leaf, *theirs = world.theirs.prove_inclusion(index + 1, size).path
            assert path == theirs
            check_inclusion(leaf, index, size, path, world.roots[size])


def test_our_consistency_proofs_are_the_rfcs_and_lead_from_root_to_root(world: World) -> None:
    for new in range(1, SIZE + 1):
        for old in range(1, new + 1):
            path = proof(consistency_ranges(old, new), world.stored.__getitem__)
            check_consistency(old, new, path, world.roots[old], world.roots[new])
            assert path == subproof(old, DATA[:new], whole=True)
            pymerkle.verify_consistency(world.roots[old], world.roots[new], world.theirs.prove_consistency(old, new))


def subproof(old: int, data: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF as RFC 6962 §2.1.2 writes it; pymerkle's own proofs have another form."""
    if old == len(data):
        return [] if whole else [tree_hash(data)]
    middle = max(1 << bit for bit in range(8) if 1 << bit < len(data))
    if old <= middle:
        return [*subproof(old, data[:middle], whole=whole), tree_hash(data[middle:])]
    return [*subproof(old - middle, data[middle:], whole=False), tree_hash(data[:middle])]


@cache
def _tree_hash(data: tuple[bytes, ...]) -> bytes:
    """MTH as RFC 6962 §2.1 writes it."""
    if len(data) == 1:
        return sha256(b"\0" + data[0]).digest()
    middle = max(1 << bit for bit in range(8) if 1 << bit < len(data))
    return sha256(b"\1" + _tree_hash(data[:middle]) + _tree_hash(data[middle:])).digest()


def tree_hash(data: list[bytes]) -> bytes:
    return _tree_hash(tuple(data))


def test_a_proof_with_any_hash_changed_dropped_or_added_is_refused(world: World) -> None:
    for size in (1, 2, 3, 7, 8, 13, 64, 70):
        for index in {0, size // 2, size - 1}:
            path = proof(inclusion_ranges(index, size), world.stored.__getitem__)
            for wrong in spoiled(path):
                with pytest.raises(BadProof):
                    check_inclusion(leaf_hash(DATA[index]), index, size, wrong, world.roots[size])
        for old in {1, size // 2 or 1, size}:
            path = proof(consistency_ranges(old, size), world.stored.__getitem__)
            for wrong in spoiled(path):
                with pytest.raises(BadProof):
                    check_consistency(old, size, wrong, world.roots[old], world.roots[size])


def spoiled(path: list[bytes]) -> list[list[bytes]]:
    other = sha256(b"other").digest()
    changed = [[*path[:place], other, *path[place + 1 :]] for place in range(len(path))]
    return [*changed, [*path, other], *([path[:-1], path[1:]] if path else [])]


def test_a_proof_for_another_place_leaf_or_root_is_refused(world: World) -> None:
    path = proof(inclusion_ranges(5, 13), world.stored.__getitem__)
    right = (leaf_hash(DATA[5]), 5, 13, path, world.roots[13])
    check_inclusion(*right)
    for place, wrong in ((0, leaf_hash(DATA[6])), (1, 4), (2, 7), (4, world.roots[12])):
        with pytest.raises(BadProof):
            check_inclusion(*[wrong if place == at else value for at, value in enumerate(right)])


def test_a_proof_for_a_smaller_tree_proves_nothing_of_a_larger_one(world: World) -> None:
    path = proof(inclusion_ranges(0, 2), world.stored.__getitem__)
    check_inclusion(leaf_hash(DATA[0]), 0, 2, path, world.roots[2])
    with pytest.raises(BadProof):
        check_inclusion(leaf_hash(DATA[0]), 0, 3, path, world.roots[2])
    path = proof(consistency_ranges(1, 2), world.stored.__getitem__)
    check_consistency(1, 2, path, world.roots[1], world.roots[2])
    with pytest.raises(BadProof):
        check_consistency(1, 3, path, world.roots[1], world.roots[2])


def test_two_trees_of_one_size_are_the_same_or_refused(world: World) -> None:
    check_consistency(5, 5, [], world.roots[5], world.roots[5])
    with pytest.raises(BadProof):
        check_consistency(5, 5, [], world.roots[5], world.roots[6])


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_no_consistency_is_claimed_with_nothing_or_with_more(old: int, new: int) -> None:
    with pytest.raises(BadProof):
        consistency_ranges(old, new)
    with pytest.raises(BadProof):
        check_consistency(old, new, [], b"", b"")


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_inclusion_is_claimed_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(BadProof):
        inclusion_ranges(index, size)
    with pytest.raises(BadProof):
        check_inclusion(b"", index, size, [], b"")


def test_a_cover_is_gapless_and_of_whole_subtrees() -> None:
    for end in range(40):
        covered = [leaf for level, place in cover(0, end) for leaf in range(place << level, place + 1 << level)]
        assert covered == list(range(end))
        assert len(list(cover(0, end))) == end.bit_count()


def test_a_leaf_is_never_taken_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    tree = Frontier()
    for leaf in (left, right):
        list(tree.append(leaf))
    assert leaf_hash(left + right) != tree.root()


@pytest.mark.parametrize("pages", [[70], [1] * 70, [64, 6], [3, 5, 8, 1, 53]])
def test_the_verifiers_own_tree_has_the_same_roots_and_nodes_by_any_pages(world: World, pages: list[int]) -> None:
    tree, nodes, start = Tree(), dict[Subtree, bytes](), 0
    for page in pages:
        made = tree.grow([leaf_hash(data) for data in DATA[start : start + page]])
        for level, hashes in enumerate(made, 1):
            nodes |= {Subtree(level, index): hash_ for index, hash_ in enumerate(hashes, start >> level)}
        start += page
        assert tree.root() == world.roots[start]
    assert nodes == {subtree: hash_ for subtree, hash_ in world.stored.items() if subtree.level}
