"""Proofs of inclusion from the tiles of a tree, which may be far larger than memory (RFC 6962, 2.1.1)."""

from collections.abc import Iterable, Mapping

from contracts.evidence.merkle_tree import joined_root, root_of, split
from contracts.evidence.subtrees import Subtree, TileName, complete_subtrees


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


def needed_tiles(indexes: Iterable[int], size: int) -> set[TileName]:
    """Return the tiles that have what the proofs of these leaves are made of."""
    spans = {span for index in indexes for span in proof_spans(index, size)}
    return {subtree.tile for span in spans for subtree in complete_subtrees(*span)}


def inclusion_proofs(indexes: Iterable[int], size: int, tiles: Mapping[TileName, bytes]) -> list[list[bytes]]:
    """Return the proofs of some leaves in a tree of this size; `tiles` has those that they need, also partial ones."""
    known = dict[tuple[int, int], bytes]()

    def root(span: tuple[int, int]) -> bytes:
        if span not in known:
            known[span] = joined_root([_root(subtree, tiles) for subtree in complete_subtrees(*span)])
        return known[span]

    return [[root(span) for span in proof_spans(index, size)] for index in indexes]


def _root(subtree: Subtree, tiles: Mapping[TileName, bytes]) -> bytes:
    """Return the hash of a subtree; what its tile lacks is taken for zeros, which prove nothing."""
    hashes = subtree.hashes_in(tiles.get(subtree.tile, b""))
    return root_of(split(hashes.ljust(subtree.width, b"\0")))
