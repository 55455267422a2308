"""Proofs that leave the house, in the form of C2SP tlog-proof: each can be verified alone, without its log.

A file of several has one after the other; each begins with the same line, and is by itself what others can read.
"""

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from contracts.evidence.merkle_tree import HASH_BYTES
from contracts.evidence.tree_proofs import proof_spans

HEADER: Final = "c2sp.org/tlog-proof@v1"

_EXTRA: Final = "extra "
_INDEX: Final = "index "
_HASH_LINE_BYTES: Final = len(base64.b64encode(bytes(HASH_BYTES))) + 1
_LINES_MAX: Final = 200
"""Lines of one proof: a tree has at most 64 levels, and a note a few signatures."""


class ProofFormError(ValueError):
    """A text is not a proof."""


class TlogProof(NamedTuple):
    """That a leaf is in the tree of a signed checkpoint: its index, and the hashes from its own up to the root.

    `extra` is not part of what is proven.
    """

    place: int
    hashes: Sequence[bytes]
    note: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        """The proof as a file has it."""
        extra = [] if self.extra is None else [f"{_EXTRA}{_encoded(self.extra)}"]
        lines = [HEADER, *extra, f"{_INDEX}{self.place}", *map(_encoded, self.hashes)]
        return "\n".join(lines) + f"\n\n{self.note}"


def proof_bytes(place: int, size: int, note: str) -> int:
    """Return how long the text of a proof with one hash as `extra` is, before it is made."""
    without_hashes = TlogProof(place, [], note, bytes(HASH_BYTES)).text
    return len(without_hashes.encode()) + len(proof_spans(place, size)) * _HASH_LINE_BYTES


def read_proofs(lines: Iterable[str]) -> Iterator[TlogProof]:
    """Yield the proofs in the lines of a file, each with its line end.

    Raises:
        ProofFormError: It has something else, or a proof in another spelling.
    """
    block = list[str]()
    for line in lines:
        if block and line == f"{HEADER}\n":
            yield _read(block)
            block = []
        block.append(line)
        if len(block) > _LINES_MAX:
            raise ProofFormError
    if block:
        yield _read(block)


def _read(block: Sequence[str]) -> TlogProof:
    line = 2 if len(block) > 1 and block[1].startswith(_EXTRA) else 1
    try:
        end = block.index("\n")
        extra = _decoded(block[1].removeprefix(_EXTRA)) if line > 1 else None
        place = int(block[line].removeprefix(_INDEX))
        hashes = [_decoded(each) for each in block[line + 1 : end]]
    except (ValueError, IndexError) as error:
        raise ProofFormError from error
    proof = TlogProof(place, hashes, "".join(block[end + 1 :]), extra)
    if proof.text != "".join(block) or any(len(hash_) != HASH_BYTES for hash_ in hashes):
        raise ProofFormError
    return proof


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(line: str) -> bytes:
    return base64.b64decode(line.removesuffix("\n"), validate=True)
