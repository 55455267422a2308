"""Proofs that a tree has only grown: the examples of RFC 6962, trees of any size, and what proves nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.evidence.consistency import consistency_proof, require_consistent
from contracts.evidence.merkle_tree import Edge, ProofError, leaf_hash, node_hash, root_of

LEAVES = [leaf_hash(b"%d" % number) for number in range(1_000)]
SIZES = st.integers(1, len(LEAVES))


def proof(old: int, new: int, grown: int) -> list[bytes]:
    """Return a proof from the tiles and the edge of a tree that has grown further since."""
    edge = Edge()
    tiles = {(tile.level, tile.number): tile.hashes for tile in edge.append(LEAVES[:grown])}
    for level, hashes in enumerate(edge.levels):
        tiles[level, grown // 256 ** (level + 1)] = b"".join(hashes)
    return consistency_proof(old, new, lambda level, number: tiles.get((level, number), b""))


def test_proofs_are_those_of_rfc_6962() -> None:
    """The example of RFC 6962, 2.1.3, with seven leaves."""
    a, b, c, d, e, f, j = LEAVES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, right = node_hash(g, h), node_hash(i, j)
    assert proof(3, 7, 7) == [c, d, g, right]
    assert proof(4, 7, 7) == [right]
    assert proof(6, 7, 7) == [i, j, k]


@settings(deadline=None)
@given(SIZES, SIZES, SIZES)
def test_a_tree_that_only_grew_is_proven(first: int, second: int, grown: int) -> None:
    """Any size is proven to be the beginning of any larger one, also with the tiles of a tree that went on."""
    old, new, grown = sorted((first, second, grown))
    roots = root_of(LEAVES[:old]), root_of(LEAVES[:new])
    path = proof(old, new, grown) if old < new else []
    require_consistent(old, new, roots, path)
    require_consistent(0, new, (b"", roots[1]), [])


@settings(deadline=None)
@given(st.integers(1, 600), st.integers(601, 1_000), st.data())
def test_another_history_is_not_proven(old: int, new: int, data: st.DataObject) -> None:
    """A tree in which a leaf of the beginning was changed has no proof, nor has a proof with one hash changed."""
    place = data.draw(st.integers(0, old - 1))
    changed = [*LEAVES[:place], leaf_hash(b"x"), *LEAVES[place + 1 :]]
    path = proof(old, new, new)
    with pytest.raises(ProofError):
        require_consistent(old, new, (root_of(LEAVES[:old]), root_of(changed[:new])), path)
    other = data.draw(st.integers(0, len(path) - 1))
    roots = root_of(LEAVES[:old]), root_of(LEAVES[:new])
    with pytest.raises(ProofError):
        require_consistent(old, new, roots, [*path[:other], leaf_hash(b"x"), *path[other + 1 :]])


@pytest.mark.parametrize(
    "old, new, path",
    [(7, 3, []), (0, 7, [LEAVES[0]]), (7, 7, [LEAVES[0]]), (3, 7, []), (3, 7, [LEAVES[2]]), (-1, 7, [])],
)
def test_proofs_of_another_form_are_refused(old: int, new: int, path: list[bytes]) -> None:
    """A tree that shrank, and proofs that are too short, too long or of nothing, are refused."""
    roots = root_of(LEAVES[: max(old, 0)]), root_of(LEAVES[:new])
    with pytest.raises(ProofError):
        require_consistent(old, new, roots, path)
    with pytest.raises(ProofError):
        require_consistent(3, 7, (root_of(LEAVES[:3]), root_of(LEAVES[:7])), [*proof(3, 7, 7), LEAVES[0]])


def test_a_tree_without_its_tiles_proves_nothing() -> None:
    """A tile that is missing or too short is an error, and no wrong proof."""
    with pytest.raises(ProofError):
        consistency_proof(3, 7, lambda level, number: b"")
