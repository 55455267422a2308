"""The requests and the answers of witnesses (C2SP tlog-witness): their form alone, for both sides."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from contracts.evidence.checkpoints import NoteError
from contracts.evidence.consistency import PROOF_HASHES_MAX
from contracts.evidence.merkle_tree import HASH_BYTES

PATH: Final = "add-checkpoint"
"""The end of the address to which checkpoints are sent."""

SIZE_TYPE: Final = "text/x.tlog.size"
"""The type of an answer that says which size the witness saw last."""

BODY_BYTES_MAX: Final = 65_536
"""The largest request; a proof and a note with sixteen signatures are much smaller."""

REASONS: Final = (
    "it saw another history of this log",
    "no proof leads from what it saw to this tree",
    "it saw {size} entries, and this checkpoint has {checkpoint}",
    "no checkpoint is signed yet",
    "the checkpoint in the database is none",
    "it does not know this log or its key ({status})",
    "it answered with status {status}",
    "its answer has no cosignature of its key",
    "its answer has no size",
    "the authority sent no time stamp of this file",
    "timed out",
)
"""Why a witness attests nothing, as sentences that are translated where they are shown."""

_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n?")


class Submission(NamedTuple):
    """A checkpoint for a witness: the size that the witness saw last, the proof from there on, and the note."""

    old_size: int
    proof: Sequence[bytes]
    note: str

    @property
    def body(self) -> bytes:
        """The body of the request."""
        hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in self.proof)
        return f"old {self.old_size}\n{hashes}\n{self.note}".encode()


def read_submission(body: bytes) -> Submission:
    """Return what is submitted to a witness.

    Raises:
        NoteError: The body has another form.
    """
    try:
        head, _, note = body.decode().partition("\n\n")
        lines = head.split("\n")
        proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
    except (UnicodeDecodeError, binascii.Error, ValueError) as error:
        raise NoteError from error
    old = _OLD.fullmatch(lines[0])
    if not old or len(proof) > PROOF_HASHES_MAX or any(len(each) != HASH_BYTES for each in proof):
        raise NoteError
    return Submission(int(old[1]), proof, note)


def read_size(answer: bytes) -> int:
    """Return the size that a witness saw last, as its answer says.

    Raises:
        NoteError: It says something else.
    """
    match = _SIZE.fullmatch(answer.decode("ascii", errors="replace"))
    if not match:
        raise NoteError
    return int(match[1])
