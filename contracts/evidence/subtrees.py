"""Complete subtrees of a tree (RFC 6962), and the tiles with the hashes of which they are made (C2SP tlog-tiles).

Each hash of a proof is the root of one or more complete subtrees, and the hash of a complete subtree is in one tile.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from contracts.evidence.merkle_tree import HASH_BYTES, TILE_HASHES

_TILE_HEIGHT: Final = TILE_HASHES.bit_length() - 1
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
        """The tile that has its hash, or the hashes of which it is the root."""
        return TileName(self.level // _TILE_HEIGHT, (self.number << self._depth) // TILE_HASHES)

    @property
    def width(self) -> int:
        """The bytes of these hashes."""
        return HASH_BYTES << self._depth

    def hashes_in(self, tile: bytes) -> bytes:
        """Return these hashes, one after the other, as far as its tile has them."""
        start = self.width * self.number % _TILE_BYTES
        return tile[start : start + self.width]


def complete_subtrees(first: int, last: int) -> list[Subtree]:
    """Return the largest complete subtrees over the leaves from the first to the one before the last, from the left."""
    subtrees = list[Subtree]()
    while first < last:
        level = (last - first).bit_length() - 1
        subtrees.append(Subtree(level, first >> level))
        first += 1 << level
    return subtrees


def edge_tiles(size: int, edge: Sequence[bytes]) -> dict[TileName, bytes]:
    """Return the last tiles of a tree of this size, which are not full, by the hashes of each level."""
    return {TileName(level, size // TILE_HASHES ** (level + 1)): hashes for level, hashes in enumerate(edge)}
