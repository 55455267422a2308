"""Proofs of inclusion from the tiles of a tree, which may be far larger than memory (RFC 6962, 2.1.1).

Each hash of a proof is the root of one or more complete subtrees, and the hash of a complete subtree is in one tile.
"""

from collections.abc import Iterable, Mapping
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
        width = HASH_BYTES << self._depth
        start = width * self.number % _TILE_BYTES
        return root_of(split(tile[start : start + width].ljust(width, b"\0")))


def proof_spans(index: int, size: int) -> list[tuple[int, int]]:
    """Return of each hash in the proof of a leaf, from the leaf up, which leaves it is about: first, and last plus one.

    The tree has this size.
    """
    first, last, spans = 0, size, list[tuple[int, int]]()
    while last - first > 1:
        cut = first + (1 << ((last - first - 1).bit_length() - 1))
        if index < cut:
            spans.append((cut, last))
            last = cut
        else:
            spans.append((first, cut))
            first = cut
    return spans[::-1]


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
    spans = {span for index in indexes for span in proof_spans(index, size)}
    return {subtree.tile for span in spans for subtree in _subtrees(*span)}


def inclusion_proofs(indexes: Iterable[int], size: int, tiles: Mapping[TileName, bytes]) -> list[list[bytes]]:
    """Return the proofs of some leaves in a tree of this size; `tiles` has those that they need, also partial ones."""
    known = dict[tuple[int, int], bytes]()

    def root(span: tuple[int, int]) -> bytes:
        if span not in known:
            known[span] = joined_root([subtree.hash_in(tiles.get(subtree.tile, b"")) for subtree in _subtrees(*span)])
        return known[span]

    return [[root(span) for span in proof_spans(index, size)] for index in indexes]
