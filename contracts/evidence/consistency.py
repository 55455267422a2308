"""Proofs that a tree of RFC 6962 has only grown: made from tiles, and checked without the tree."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from contracts.evidence.merkle_tree import ProofError, joined_root, node_hash, root_of, split
from contracts.evidence.subtrees import Subtree, complete_subtrees

PROOF_HASHES_MAX: Final = 63
"""The most hashes of a proof between two trees (C2SP tlog-witness)."""


ReadTile = Callable[[int, int], bytes]
"""Returns the hashes of a tile, full or not, by its level and its number."""


def proof_subtrees(old: int, new: int) -> list[list[Subtree]]:
    """Return what makes each hash of the proof from a size to a larger one (RFC 6962, 2.1.2), from the left."""
    return [complete_subtrees(first, last) for first, last in _ranges(old, 0, new, is_whole=True)]


def consistency_proof(old: int, new: int, read_tile: ReadTile) -> list[bytes]:
    """Return the proof that the tree of a size is the beginning of that of another one.

    Raises:
        ProofError: A tile is missing.
    """
    return [joined_root([_root(each, read_tile) for each in subtrees]) for subtrees in proof_subtrees(old, new)]


def require_consistent(old: int, new: int, roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> None:
    """Check that the tree of the first size and root is the beginning of the other one (RFC 9162, 2.1.4.2).

    Raises:
        ProofError: It is not, or the proof does not show it.
    """
    if not 0 <= old <= new or (old in {0, new} and proof):
        raise ProofError
    if old == 0:
        return
    if old == new:
        if roots[0] != roots[1]:
            raise ProofError
        return
    if _walk(old, new, roots[0], proof) != roots:
        raise ProofError


def _walk(old: int, new: int, root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots to which a proof leads."""
    hashes = [root, *proof] if old & (old - 1) == 0 else list(proof)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not proof:
        raise ProofError
    before = after = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            raise ProofError
        if place & 1 or place == last:
            before, after = node_hash(other, before), node_hash(other, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, other)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ProofError
    return before, after


def _ranges(old: int, first: int, last: int, *, is_whole: bool) -> Iterator[tuple[int, int]]:
    """Yield the leaves, from the first to the one before the last, below each hash of a proof."""
    if first + old == last:
        if not is_whole:
            yield first, last
        return
    cut = 1 << ((last - first - 1).bit_length() - 1)
    if old <= cut:
        yield from _ranges(old, first, first + cut, is_whole=is_whole)
        yield first + cut, last
    else:
        yield from _ranges(old - cut, first + cut, last, is_whole=False)
        yield first, first + cut


def _root(subtree: Subtree, read_tile: ReadTile) -> bytes:
    hashes = subtree.hashes_in(read_tile(*subtree.tile))
    if len(hashes) != subtree.width:
        raise ProofError
    return root_of(split(hashes))
