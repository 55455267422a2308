"""Merkle trees of RFC 6962: hashes of leaves and nodes, roots, and proofs that are checked without the tree.

A tree grows at its right edge alone. It is kept as tiles, as in C2SP tlog-tiles: a full tile of a level has 256 hashes,
and the root of its small tree is one hash of the level above. `Edge` has what is not in a full tile yet.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
TILE_HASHES: Final = 256
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves (RFC 6962, 2.1)."""


class Tile(NamedTuple):
    """A full tile: its level, counted from the leaves, its number among the tiles of this level, and its hashes."""

    level: int
    number: int
    hashes: bytes


class ProofError(ValueError):
    """A proof does not lead to the root."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf, 32 bytes."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node above two others."""
    return sha256(b"\1" + left + right).digest()


def split(hashes: bytes) -> list[bytes]:
    """Return hashes that stand one after the other."""
    return [hashes[place : place + HASH_BYTES] for place in range(0, len(hashes), HASH_BYTES)]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree over these hashes of leaves."""
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        pairs = [node_hash(level[place], level[place + 1]) for place in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


@dataclass
class Edge:
    """The right edge of a tree: the number of its leaves, and of each level the hashes beyond its last full tile."""

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=list)

    def append(self, leaf_hashes: Iterable[bytes]) -> list[Tile]:
        """Add leaves by their hashes, and return the tiles that became full."""
        tiles: list[Tile] = []
        for hash_ in leaf_hashes:
            self.size += 1
            self._put(0, hash_, tiles)
        return tiles

    def _put(self, level: int, hash_: bytes, tiles: list[Tile]) -> None:
        if level == len(self.levels):
            self.levels.append([])
        hashes = self.levels[level]
        hashes.append(hash_)
        if len(hashes) == TILE_HASHES:
            number = self.size // TILE_HASHES ** (level + 1) - 1
            tiles.append(Tile(level, number, b"".join(hashes)))
            self.levels[level] = []
            self._put(level + 1, root_of(hashes), tiles)

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        return joined_root([root for hashes in reversed(self.levels) for root in _perfect_roots(hashes)])


def root_of_tiles(tile_roots: Sequence[bytes], rest: Sequence[bytes]) -> bytes:
    """Return the root of a tree by the roots of its full tiles of leaves, and the hashes of the leaves after them."""
    return joined_root([*_perfect_roots(tile_roots), *_perfect_roots(rest)])


def joined_root(roots: list[bytes]) -> bytes:
    """Return the root above complete trees, the largest of which is on the left."""
    if not roots:
        return EMPTY_ROOT
    whole = roots.pop()
    while roots:
        whole = node_hash(roots.pop(), whole)
    return whole


def _perfect_roots(hashes: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the roots of the largest complete trees over some hashes, from the left."""
    place = 0
    while left := len(hashes) - place:
        width = 1 << (left.bit_length() - 1)
        yield root_of(hashes[place : place + width])
        place += width


def inclusion_proof(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return the proof that a leaf is in the tree over these hashes of leaves (RFC 6962, 2.1.1)."""
    if len(hashes) <= 1:
        return []
    cut = 1 << ((len(hashes) - 1).bit_length() - 1)
    if index < cut:
        return [*inclusion_proof(index, hashes[:cut]), root_of(hashes[cut:])]
    return [*inclusion_proof(index - cut, hashes[cut:]), root_of(hashes[:cut])]


def require_included(index: int, leaf: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the leaf with this hash is at this index of a tree of this size and root (RFC 9162, 2.1.3.2).

    Raises:
        ProofError: It is not, or the proof does not show it.
    """
    if not 0 <= index < size:
        raise ProofError
    place, last, hash_ = index, size - 1, leaf
    for other in proof:
        if last == 0:
            raise ProofError
        if place & 1 or place == last:
            hash_ = node_hash(other, hash_)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            hash_ = node_hash(hash_, other)
        place, last = place >> 1, last >> 1
    if last != 0 or hash_ != root:
        raise ProofError
