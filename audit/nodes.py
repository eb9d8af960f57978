"""Where the hashes of complete subtrees are kept: leaves in one table, nodes above them in another."""

from collections.abc import Iterable

from audit.merkle import Frontier, Subtree, cover
from audit.models import AuditLeaf, AuditNode

AT_ONCE = 400  # to stay under every engine's limit of an expression


def stored(subtrees: Iterable[Subtree]) -> dict[Subtree, bytes]:
    """Return the stored hash of each subtree; raises KeyError if one was never made or is gone."""
    wanted = list(subtrees)
    found: dict[Subtree, bytes] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        leaves = AuditLeaf.objects.filter(seq__in=[subtree.place for subtree in some if not subtree.level])
        nodes = AuditNode.objects.filter(pk__in=[tuple(subtree) for subtree in some if subtree.level])
        found |= {Subtree(0, leaf.seq): bytes(leaf.hash) for leaf in leaves}
        found |= {Subtree(node.level, node.index): bytes(node.hash) for node in nodes}
    return {subtree: found[subtree] for subtree in wanted}


def frontier(size: int) -> Frontier:
    """Return the right edge of the tree at a size it has had: at most one hash per bit of the size."""
    return Frontier(size, list(stored(cover(0, size)).values()))
