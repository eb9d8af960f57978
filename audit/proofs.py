"""Inclusion and consistency proofs (RFC 9162 §2.1.3, §2.1.4), folded from stored nodes in two queries."""

from collections.abc import Collection

from audit.merkle import Range, consistency_ranges, cover, inclusion_ranges, proof
from audit.nodes import stored


def inclusion(*, seq: int, size: int) -> list[bytes]:
    """Return the hashes that lead from leaf ``seq`` to the root of the tree of ``size`` leaves.

    Raises BadProof for a leaf outside that tree and KeyError for a size the log has not reached.
    """
    return _proof(inclusion_ranges(seq, size))


def inclusions(*, seqs: Collection[int], size: int) -> dict[int, list[bytes]]:
    """Return the proof of each leaf; what they share is read once. Raises as above."""
    ranges = {seq: inclusion_ranges(seq, size) for seq in seqs}
    hashes = stored({subtree for each in ranges.values() for range_ in each for subtree in cover(*range_)})
    return {seq: proof(each, hashes.__getitem__) for seq, each in ranges.items()}


def consistency(*, old: int, new: int) -> list[bytes]:
    """Return the hashes that show the tree of ``new`` leaves begins with that of ``old``; raises as above."""
    return _proof(consistency_ranges(old, new))


def _proof(ranges: list[Range]) -> list[bytes]:
    hashes = stored(subtree for range_ in ranges for subtree in cover(*range_))
    return proof(ranges, hashes.__getitem__)
