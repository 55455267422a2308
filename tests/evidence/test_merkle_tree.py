"""Trees of RFC 6962: known roots, tiles and proofs, and notes that others can verify."""

import base64
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from contracts.evidence.checkpoints import Checkpoint, NoteError, read_note, signed_note, verifier_line
from contracts.evidence.merkle_tree import (
    TILE_HASHES,
    Edge,
    ProofError,
    inclusion_proof,
    leaf_hash,
    require_included,
    root_of,
    root_of_tiles,
    split,
)
from workers.common.signing_key import is_signature

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The tree that the implementations of Certificate Transparency test themselves with: its leaves and its roots."""


def leaves(count: int) -> list[bytes]:
    """Return the hashes of some different leaves."""
    return [leaf_hash(b"%d" % number) for number in range(count)]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_other_implementations(size: int) -> None:
    """A tree has the root that others compute, made at once or leaf by leaf."""
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    edge = Edge()
    edge.append(hashes)
    assert root_of(hashes).hex() == ROOTS[size]
    assert edge.root().hex() == ROOTS[size]


@settings(deadline=None)
@given(st.lists(st.integers(0, 700), max_size=6))
def test_an_edge_grows_like_the_whole_tree(parts: list[int]) -> None:
    """However many leaves come at once, the root is that of all of them, and full tiles have their hashes in order."""
    hashes, edge, tiles = leaves(sum(parts)), Edge(), []
    for part in parts:
        tiles += edge.append(hashes[edge.size : edge.size + part])
    assert edge.root() == root_of(hashes)
    full = [tile for tile in tiles if tile.level == 0]
    assert [tile.number for tile in full] == list(range(len(hashes) // TILE_HASHES))
    assert [leaf for tile in full for leaf in split(tile.hashes)] + edge.levels[0] == hashes if hashes else not tiles
    assert (
        root_of_tiles([root_of(split(tile.hashes)) for tile in full], hashes[len(full) * TILE_HASHES :]) == edge.root()
    )


def test_a_tile_of_the_second_level_has_the_roots_of_the_first() -> None:
    """65,536 leaves fill one tile of the second level."""
    edge = Edge()
    tiles = edge.append(leaves(TILE_HASHES**2))
    assert [(tile.level, tile.number) for tile in tiles[-2:]] == [(0, TILE_HASHES - 1), (1, 0)]
    assert split(tiles[-1].hashes) == [root_of(split(tile.hashes)) for tile in tiles[:-1]]
    assert edge.levels == [[], [], [edge.root()]]


@settings(deadline=None)
@given(st.integers(1, 40), st.data())
def test_a_proof_shows_one_leaf_at_one_place(size: int, data: st.DataObject) -> None:
    """A proof of inclusion fits its leaf, index, size and root, and nothing else."""
    hashes, index = leaves(size), data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, hashes), root_of(hashes)
    require_included(index, hashes[index], size, root, proof)
    wrong = [
        (index, leaf_hash(b"x"), size, proof),
        (size, hashes[index], size, proof),
        (-1, hashes[index], size, proof),
    ]
    wrong += [(other, hashes[index], size, proof) for other in range(size) if other != index]
    wrong += [(index, hashes[index], size, [*proof, root])]
    wrong += [(index, hashes[index], size, proof[:-1])] if proof else []
    wrong += [(0, root, 5, [])]
    for place, leaf, of, shown in wrong:
        with pytest.raises(ProofError):
            require_included(place, leaf, of, root, shown)


KEY = SigningKey(bytes(range(32)))
PUBLIC = bytes(KEY.verify_key)


def note_of(checkpoint: Checkpoint) -> str:
    """Return a signed checkpoint."""
    return signed_note(checkpoint, PUBLIC, lambda text: KEY.sign(text).signature)


def test_a_checkpoint_is_a_signed_note() -> None:
    """Its form is that of C2SP: name, size and root, an empty line, and a signature behind the id of its key."""
    checkpoint = Checkpoint("incidents/main/log_server", 8, bytes.fromhex(ROOTS[8]))
    note = note_of(checkpoint)
    text, signature = note.split("\n\n")
    root = base64.b64encode(checkpoint.root).decode()
    assert text == f"incidents/main/log_server\n8\n{root}"
    assert signature.startswith("\u2014 incidents/main/log_server ")
    assert signature.endswith("\n")
    blob = base64.b64decode(signature.split(" ")[2])
    assert blob[:4] == sha256(b"incidents/main/log_server\n\x01" + PUBLIC).digest()[:4]
    KEY.verify_key.verify(f"{text}\n".encode(), blob[4:])
    assert read_note(note, PUBLIC, is_signature) == checkpoint
    key = base64.b64encode(b"\x01" + PUBLIC).decode()
    line = f"incidents/main/log_server+{blob[:4].hex()}+{key}"
    assert verifier_line(checkpoint.origin, PUBLIC) == line


@settings(deadline=None)
@given(st.integers(0, 300), st.binary(min_size=1, max_size=1))
def test_no_character_of_a_note_can_be_changed(place: int, other: bytes) -> None:
    """A note with another character is no checkpoint, or not signed with this key."""
    note = note_of(Checkpoint("incidents/main/log_server", 12, bytes(range(32)))).encode()
    changed = note[: place % len(note)] + other + note[place % len(note) + 1 :]
    if changed == note:
        return
    with pytest.raises((NoteError, UnicodeDecodeError)):
        read_note(changed.decode(), PUBLIC, is_signature)


def test_another_key_signs_nothing_here() -> None:
    """A note of another key is refused, also if it claims the id of this one."""
    checkpoint, other = Checkpoint("incidents/main/log_server", 1, bytes(32)), SigningKey(bytes(32))
    for public in (bytes(other.verify_key), PUBLIC):
        note = signed_note(checkpoint, public, lambda text: other.sign(text).signature)
        with pytest.raises(NoteError):
            read_note(note, PUBLIC, is_signature)
