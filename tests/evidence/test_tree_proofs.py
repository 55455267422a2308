"""Proofs from the tiles of a tree are those from all its leaves, and are read as others write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.evidence.merkle_tree import TILE_HASHES, Edge, inclusion_proof, leaf_hash, require_included, root_of
from contracts.evidence.subtrees import TileName
from contracts.evidence.tlog_proofs import HEADER, ProofFormError, TlogProof, proof_bytes, read_proofs
from contracts.evidence.tree_proofs import inclusion_proofs, needed_tiles, proof_spans
from tests.evidence.logged_activity import log_note, proof_of
from workers.common.signing_key import SigningKey

KEY = SigningKey.generate("incident-manager-main")
NOTE = log_note(KEY)


def leaves(count: int) -> list[bytes]:
    """Return the hashes of some different leaves."""
    return [leaf_hash(b"%d" % number) for number in range(count)]


def tiles_of(hashes: list[bytes]) -> dict[TileName, bytes]:
    """Return all tiles of a tree, those at its edge as they are."""
    edge = Edge()
    tiles = {TileName(tile.level, tile.number): tile.hashes for tile in edge.append(hashes)}
    at_edge = {
        TileName(level, edge.size // TILE_HASHES ** (level + 1)): b"".join(partial)
        for level, partial in enumerate(edge.levels)
    }
    return tiles | at_edge


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 1500), st.integers(0, 700), st.data())
def test_tiles_give_the_proofs_of_the_leaves(size: int, later: int, data: st.DataObject) -> None:
    """A proof for an earlier size is made from the tiles of a tree that has grown since, and from no others."""
    hashes = leaves(size + later)
    tiles = tiles_of(hashes)
    indexes = data.draw(st.lists(st.integers(0, size - 1), max_size=5))
    needed = {name: tiles[name] for name in needed_tiles(indexes, size)}
    proofs = inclusion_proofs(indexes, size, needed)
    assert proofs == [inclusion_proof(index, hashes[:size]) for index in indexes]


def test_a_tree_of_three_levels_of_tiles_has_proofs() -> None:
    """Above 65,536 leaves, hashes come from the tiles of the third level."""
    hashes = leaves(TILE_HASHES**2 + 300)
    tiles, size, root = tiles_of(hashes), len(hashes), root_of(hashes)
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        [proof] = inclusion_proofs([index], size, tiles)
        require_included(index, hashes[index], size, root, proof)


def test_a_proof_without_its_tiles_proves_nothing() -> None:
    """A tile that somebody deleted makes a wrong proof, and stops nothing."""
    [proof] = inclusion_proofs([3], 700, {})
    assert len(proof) == len(proof_spans(3, 700))
    assert proof != inclusion_proof(3, leaves(700))


@pytest.mark.parametrize("index", [0, 5, 128, 255, 256, 299])
def test_the_length_of_a_proof_is_known_before(index: int) -> None:
    """A file of proofs has the length that was announced for it."""
    assert proof_bytes(index, 300, NOTE) == len(proof_of(index, NOTE, bytes(32)).text.encode())


def test_proofs_are_read_as_they_are_written() -> None:
    """A file of several proofs has each as a file of its own would have it, with or without more."""
    proofs = [proof_of(index, NOTE, extra) for index, extra in ((3, None), (9, b"x"), (299, bytes(32)))]
    text = "".join(proof.text for proof in proofs)
    assert list(read_proofs(text.splitlines(keepends=True))) == proofs
    assert text.count(HEADER) == len(proofs)
    assert proofs[0].text.splitlines()[:2] == [HEADER, "index 3"]


@settings(deadline=None)
@given(st.integers(0, 900), st.sampled_from(["", "x", "\n", "=", " ", "\u00e9", "0"]))
def test_no_other_spelling_of_a_proof_is_read(place: int, other: str) -> None:
    """A proof with another character is another proof, or none."""
    text = proof_of(7, NOTE, bytes(32)).text
    place %= len(text)
    changed = text[:place] + other + text[place + 1 :]
    if changed == text:
        return
    try:
        proofs = list(read_proofs(changed.splitlines(keepends=True)))
    except ProofFormError:
        return
    assert "".join(proof.text for proof in proofs) == changed


def test_what_is_no_proof_is_refused() -> None:
    """Endless lines, hashes of another length, and texts of another kind are not read."""
    short = TlogProof(1, [b"x"], NOTE).text
    for text in ("\n", "x\n", f"{HEADER}\n", "AAAA\n" * 300, short):
        with pytest.raises(ProofFormError):
            list(read_proofs(text.splitlines(keepends=True)))
