"""Proofs that a tree of RFC 6962 has only grown: made from tiles, and checked without the tree."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from contracts.evidence.merkle_tree import HASH_BYTES, TILE_HASHES, ProofError, node_hash, root_of

_TILE_HEIGHT: Final = TILE_HASHES.bit_length() - 1
PROOF_HASHES_MAX: Final = 63
"""The most hashes of a proof between two trees (C2SP tlog-witness)."""


class Node(NamedTuple):
    """A complete tree of `2**height` leaves, and its number among those of this height."""

    height: int
    number: int

    @property
    def tile(self) -> "TilePlace":
        """The tile that has its hash, or the hashes of which it is the root."""
        level, height = divmod(self.height, _TILE_HEIGHT)
        first = self.number << height
        return TilePlace(level, first // TILE_HASHES, first % TILE_HASHES, 1 << height)


class TilePlace(NamedTuple):
    """Hashes in a tile: its level and its number, the place of the first one, and how many they are."""

    level: int
    number: int
    first: int
    width: int


ReadTile = Callable[[int, int], bytes]
"""Returns the hashes of a tile, full or not, by its level and its number."""


def proof_nodes(old: int, new: int) -> list[list[Node]]:
    """Return what makes each hash of the proof from a size to a larger one (RFC 6962, 2.1.2), from the left."""
    return [list(_complete_trees(first, last)) for first, last in _ranges(old, 0, new, is_whole=True)]


def consistency_proof(old: int, new: int, read_tile: ReadTile) -> list[bytes]:
    """Return the proof that the tree of a size is the beginning of that of another one."""
    return [_joined([_hash_of(node, read_tile) for node in nodes]) for nodes in proof_nodes(old, new)]


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


def _complete_trees(first: int, last: int) -> Iterator[Node]:
    while first < last:
        height = (last - first).bit_length() - 1
        yield Node(height, first >> height)
        first += 1 << height


def _hash_of(node: Node, read_tile: ReadTile) -> bytes:
    level, number, first, width = node.tile
    tile = read_tile(level, number)[first * HASH_BYTES : (first + width) * HASH_BYTES]
    if len(tile) != width * HASH_BYTES:
        raise ProofError
    return root_of([tile[place : place + HASH_BYTES] for place in range(0, len(tile), HASH_BYTES)])


def _joined(roots: list[bytes]) -> bytes:
    whole = roots.pop()
    while roots:
        whole = node_hash(roots.pop(), whole)
    return whole
