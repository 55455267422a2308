"""Proofs of inclusion from the tiles of a tree, which may be far larger than memory (RFC 6962, 2.1.1).

Each hash of a proof is the root of one or more complete subtrees, and the hash of a complete subtree is in one tile.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from contracts.evidence.merkle_tree import HASH_BYTES, TILE_HASHES, joined_root, root_of, split

_TILE_HEIGHT: Final = 8
_TILE_BYTES: Final = TILE_HASHES * HASH_BYTES


class TileName(NamedTuple):
    """Where a tile is: its level, counted from the leaves, and its number among the tiles of this level."""

    level: int
    number: int


class Subtree(NamedTuple):
    """A complete subtree of 2 to the power of `level` leaves, by its number among those of this level."""

    level: int
    number: int

    @property
    def _depth(self) -> int:
        """How many levels it is above the hashes of its tile."""
        return self.level % _TILE_HEIGHT

    @property
    def tile(self) -> TileName:
        """The tile that has the hashes which its own is made of."""
        return TileName(self.level // _TILE_HEIGHT, (self.number << self._depth) // TILE_HASHES)

    def hash_in(self, tile: bytes) -> bytes:
        """Return its hash; what its tile lacks is taken for zeros, which prove nothing."""
        place = (self.number << self._depth) % TILE_HASHES
        hashes = split(tile.ljust(_TILE_BYTES, b"\0"))
        return root_of(hashes[place : place + (1 << self._depth)])


def proof_subtrees(index: int, size: int) -> list[list[Subtree]]:
    """Return the subtrees under each hash of the proof of a leaf in a tree of this size, from the leaf up."""
    first, last, spans = 0, size, list[tuple[int, int]]()
    while last - first > 1:
        cut = first + (1 << ((last - first - 1).bit_length() - 1))
        if index < cut:
            spans.append((cut, last))
            last = cut
        else:
            spans.append((first, cut))
            first = cut
    return [_subtrees(*span) for span in reversed(spans)]


def _subtrees(first: int, last: int) -> list[Subtree]:
    """Return the largest complete subtrees over some leaves, from the left."""
    subtrees = list[Subtree]()
    while first < last:
        level = (last - first).bit_length() - 1
        subtrees.append(Subtree(level, first >> level))
        first += 1 << level
    return subtrees


def needed_tiles(indexes: Iterable[int], size: int) -> set[TileName]:
    """Return the tiles that have what the proofs of these leaves are made of."""
    return {subtree.tile for index in indexes for part in proof_subtrees(index, size) for subtree in part}


def inclusion_proofs(indexes: Iterable[int], size: int, tiles: Mapping[TileName, bytes]) -> list[list[bytes]]:
    """Return the proofs of some leaves in a tree of this size; `tiles` has those that they need, also partial ones."""
    known = dict[Subtree, bytes]()

    def root(subtrees: Sequence[Subtree]) -> bytes:
        for subtree in subtrees:
            if subtree not in known:
                known[subtree] = subtree.hash_in(tiles.get(subtree.tile, b""))
        return joined_root([known[subtree] for subtree in subtrees])

    return [[root(part) for part in proof_subtrees(index, size)] for index in indexes]
