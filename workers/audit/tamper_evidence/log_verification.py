"""Verifying a store: entries against the hashes that they had, these against the tree, the tree against checkpoints.

Nothing that a worker says is trusted. Whoever changed entries would have had to change the tree as well, and whoever
changed the tree has no checkpoint for it that the site's key signed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from contracts.evidence.checkpoints import Checkpoint
from contracts.evidence.dropped_entries import DroppedEntries
from contracts.evidence.entry_values import VALUES_HASH, hash_of
from contracts.evidence.log_entries import leaf_of
from contracts.evidence.merkle_tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    TILE_HASHES,
    Edge,
    leaf_hash,
    node_hash,
    root_of,
    split,
)

Kind = Literal["changed", "removed", "doubled", "rewritten", "tree-changed", "dropped-changed"]
_UNKNOWN: Final = bytes(HASH_BYTES)


class Discrepancy(NamedTuple):
    """What is wrong with a store: the first and the last number that it is about.

    Between two checkpoints of which only the first one fits, entries were `rewritten` together with the tree. Of those
    that are `dropped-changed`, some were changed or removed before retention dropped them.
    """

    kind: Kind
    first: int
    last: int


@dataclass
class Verified:
    """What was found out about a store: the number of its entries, and everything that is wrong, in order.

    The first `signed` entries are those that checkpoints prove; later ones were compared with the tree alone.
    """

    size: int = 0
    signed: int = 0
    discrepancies: list[Discrepancy] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """What the entries of a store are compared with.

    `recorded` is how many the database has counted, `tiles` the hashes of leaves in full tiles, `rest` those of the
    leaves after them, and `checkpoints` those that the site's key has signed, in the order of their sizes. `dropped`
    are the ranges of which the site's key has stated that retention dropped them, from the first entry on.
    """

    recorded: int
    tiles: Sequence[bytes]
    rest: Sequence[bytes]
    checkpoints: Sequence[Checkpoint]
    dropped: Sequence[DroppedEntries] = ()

    @property
    def dropped_size(self) -> int:
        """The number of entries that were dropped under retention."""
        return self.dropped[-1].end if self.dropped else 0

    @property
    def size(self) -> int:
        """The number of leaves in the tree."""
        return len(self.tiles) * TILE_HASHES + len(self.rest)

    def leaf(self, index: int) -> bytes | None:
        """Return the hash of a leaf as the tree has it; None if it is not in the tree."""
        tile, place = divmod(index, TILE_HASHES)
        if tile < len(self.tiles):
            return self.tiles[tile][place * HASH_BYTES : (place + 1) * HASH_BYTES]
        return self.rest[place] if tile == len(self.tiles) and place < len(self.rest) else None

    def proven(self) -> int:
        """Return how many checkpoints fit, up to the first size of which one does not.

        Each is compared: whoever has the key of the site can sign others between those that were signed before.
        """
        stack, tiles = _CompleteTrees(), 0
        for place, checkpoint in enumerate(self.checkpoints):
            full, rest = divmod(checkpoint.size, TILE_HASHES)
            if checkpoint.size > self.size:
                return self._begin_of_size(place)
            while tiles < full:
                stack.add(self._tile_roots[tiles])
                tiles += 1
            hashes = split(self.tiles[full]) if full < len(self.tiles) else self.rest
            if stack.root(hashes[:rest]) != checkpoint.root:
                return self._begin_of_size(place)
        return len(self.checkpoints)

    def leaves(self, count: int) -> list[bytes]:
        """Return the hashes of the first leaves."""
        full, rest = divmod(count, TILE_HASHES)
        hashes = [hash_ for tile in self.tiles[:full] for hash_ in split(tile)]
        return hashes + (split(self.tiles[full]) if full < len(self.tiles) else list(self.rest))[:rest]

    def _begin_of_size(self, place: int) -> int:
        """Return the place of the first checkpoint of a size: one of two roots of one size proves nothing."""
        while place and self.checkpoints[place - 1].size == self.checkpoints[place].size:
            place -= 1
        return place

    @cached_property
    def _tile_roots(self) -> list[bytes]:
        return [root_of(split(hashes)) for hashes in self.tiles]


class _CompleteTrees:
    """The largest complete trees over the full tiles so far, from the left."""

    def __init__(self) -> None:
        self._trees: list[tuple[int, bytes]] = []

    def add(self, tile_root: bytes) -> None:
        """Add the next tile."""
        height, root = 0, tile_root
        while self._trees and self._trees[-1][0] == height:
            root, height = node_hash(self._trees.pop()[1], root), height + 1
        self._trees.append((height, root))

    def root(self, rest: Sequence[bytes]) -> bytes:
        """Return the root of the whole tree, with the leaves after the last full tile."""
        roots = [root for _, root in self._trees] + ([root_of(rest)] if rest else [])
        whole = roots.pop() if roots else EMPTY_ROOT
        while roots:
            whole = node_hash(roots.pop(), whole)
        return whole


def has_own_values(entry: Mapping[str, Any]) -> bool:
    """Tell whether the values beside an entry, if any, are those whose hash it has."""
    if entry.get("salt") is None:
        return True
    hash_: object = entry["details"].get(VALUES_HASH)
    return hash_ == hash_of(entry["content"], entry["salt"])


async def verify(
    entries: AsyncIterator[Mapping[str, Any]],
    evidence: Evidence,
    waiting: Sequence[Mapping[str, Any]] = (),
    first: int = 0,
) -> Verified:
    """Compare the numbered entries of a store, in the order of their numbers, with what is known of them.

    `waiting` are those that waited for the store when its evidence was read; it may have got them since. Entries before
    the `first` one are not compared: a checkpoint of this size has to fit.
    """
    walk = _Walk(evidence, first)
    async for entry in entries:
        walk.take(entry)
    for entry in waiting:
        if entry["log_index"] >= walk.size:
            walk.take(entry)
    return walk.end()


class _Walk:
    """One pass over the entries, which makes the tree anew behind the last checkpoint that fits."""

    def __init__(self, evidence: Evidence, first: int) -> None:
        proven = evidence.proven()
        self._evidence = evidence
        self._pending = list(evidence.checkpoints[proven:])
        self._verified = Verified(signed=evidence.checkpoints[proven - 1].size if proven else 0)
        self.size = self._first = first
        self._edge = Edge()
        if self._pending:
            self._edge.append(evidence.leaves(first))
        self._doubted: list[int] = []
        """Numbers at which the tree and the entry differ, and no checkpoint has told yet which of them was changed."""

    def take(self, entry: Mapping[str, Any]) -> None:
        """Compare one entry."""
        index = entry["log_index"]
        if index < self.size:
            self._find("doubled", index)
            return
        self._skip_dropped(index)
        if index > self.size:
            self._find("removed", self.size, index - 1)
            while self.size < index:
                self._append(self._evidence.leaf(self.size) or _UNKNOWN)
        computed, known = leaf_hash(leaf_of(entry)), self._evidence.leaf(index)
        if computed != entry["hash"] or (index < self._verified.signed and computed != known):
            self._find("changed", index)
            self._append(known or entry["hash"] or computed)
            return
        if not has_own_values(entry):
            self._find("changed", index)
        if known is not None and computed != known:
            self._doubted.append(index)
        self._append(computed)

    def end(self) -> Verified:
        """Compare the size with what was recorded and signed, and return what was found."""
        self._skip_dropped(self._evidence.dropped_size)
        for dropped in self._evidence.dropped:
            if dropped.intact < dropped.end - dropped.first and dropped.end > self._first:
                self._find("dropped-changed", dropped.first, dropped.end - 1)
        for index in self._doubted:
            self._find("changed", index)
        signed = max((each.size for each in self._evidence.checkpoints), default=0)
        expected = max(self._evidence.recorded, self._evidence.size, signed)
        if self.size < expected:
            self._find("removed", self.size, expected - 1)
        self._verified.size = self.size
        self._verified.discrepancies.sort(key=lambda discrepancy: discrepancy.first)
        return self._verified

    def _skip_dropped(self, index: int) -> None:
        """Take the hashes of the tree for entries before a number that retention has dropped."""
        while self.size < min(index, self._evidence.dropped_size):
            self._append(self._evidence.leaf(self.size) or _UNKNOWN)

    def _append(self, hash_: bytes) -> None:
        self.size += 1
        if not self._pending:
            return
        self._edge.append([hash_])
        roots = set()
        while self._pending and self._pending[0].size == self.size:
            roots.add(self._pending.pop(0).root)
        if not roots:
            return
        if roots == {self._edge.root()}:
            for index in self._doubted:
                self._find("tree-changed", index)
            self._doubted.clear()
            self._verified.signed = self.size
            return
        self._find("rewritten", self._verified.signed, self.size - 1)
        self._doubted.clear()
        self._pending.clear()  # nothing later can fit

    def _find(self, kind: Kind, first: int, last: int | None = None) -> None:
        self._verified.discrepancies.append(Discrepancy(kind, first, first if last is None else last))
