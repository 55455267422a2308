"""Cosignatures of witnesses (C2SP tlog-cosignature): a line that says what a witness saw of a log, and when.

This module has only their form: callers bring the Ed25519 functions that sign and verify.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from contracts.evidence.checkpoints import Checkpoint, NoteError, Verify, read_unverified_note
from contracts.evidence.ssh_signatures import SIGNATURE_BYTES

LOG_KEY: Final = b"\x01"
"""The kind of a key that signs a log's checkpoints (C2SP signed-note)."""

WITNESS_KEY: Final = b"\x04"
"""The kind of a key that cosigns them."""

_KEY_ID_BYTES: Final = 4
_KEY_BYTES: Final = 32
_TIME_BYTES: Final = 8
_DASH: Final = "\u2014 "
_CHECKPOINT_LINES: Final = 3
_VERIFIER: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_LAST_TIME: Final = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())


class Verifier(NamedTuple):
    """The name and the public Ed25519 key of a log or of a witness, as other programs write them in one line."""

    name: str
    key: bytes
    kind: bytes

    @property
    def key_id(self) -> bytes:
        """What names the key in a line of a note."""
        return sha256(f"{self.name}\n".encode() + self.kind + self.key).digest()[:_KEY_ID_BYTES]

    @property
    def line(self) -> str:
        """The key as other programs take it."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.kind + self.key).decode()}"


class Cosignature(NamedTuple):
    """What a witness says: its name, when it saw the checkpoint, and its line in the note."""

    witness: str
    at: datetime
    line: str


class Parts(NamedTuple):
    """A note: its checkpoint, the text that is signed, which may have more lines, and the lines of signatures."""

    checkpoint: Checkpoint
    text: str
    signatures: list[str]


def read_verifier(line: str, kind: bytes) -> Verifier:
    """Return the key in a line `NAME+ID+KEY`.

    Raises:
        NoteError: The line has another form, its id is that of another key, or the key is of another kind.
    """
    match = _VERIFIER.fullmatch(line.strip())
    try:
        blob = base64.b64decode(match[3], validate=True) if match else b""
    except binascii.Error as error:
        raise NoteError from error
    if not match or len(blob) != 1 + _KEY_BYTES or blob[:1] != kind:
        raise NoteError
    verifier = Verifier(match[1], blob[1:], kind)
    if verifier.key_id.hex() != match[2]:
        raise NoteError
    return verifier


def parts_of(note: str) -> Parts:
    """Return the parts of a note without verifying anything; extension lines of other logs are taken, too.

    Raises:
        NoteError: The text is not a signed checkpoint.
    """
    body, _, signatures = note.rpartition("\n\n")
    lines = body.split("\n")
    if "" in lines or not signatures.endswith("\n"):
        raise NoteError
    checkpoint = read_unverified_note("\n".join([*lines[:_CHECKPOINT_LINES], "", ""]))
    return Parts(checkpoint, f"{body}\n", signatures.splitlines())


def is_signed_by(parts: Parts, log: Verifier, verify: Verify) -> bool:
    """Tell whether the key of a log has signed a note."""
    signed = (_signature(line, log) for line in parts.signatures)
    return any(signature is not None and verify(log.key, signature, parts.text.encode()) for signature in signed)


def cosignature_line(text: str, witness: Verifier, at: int, sign: Callable[[bytes], bytes]) -> str:
    """Return the line of a witness for the text of a checkpoint; `at` are seconds since 1970, `sign` signs bytes."""
    signature = sign(_message(text, at))
    blob = witness.key_id + at.to_bytes(_TIME_BYTES, "big") + signature
    return f"{_DASH}{witness.name} {base64.b64encode(blob).decode()}\n"


def read_cosignatures(text: str, lines: Iterable[str], witness: Verifier, verify: Verify) -> list[Cosignature]:
    """Return what a witness says about the text of a checkpoint; lines of others are ignored."""
    cosignatures = []
    for line in lines:
        blob = _signature(line, witness)
        if blob is None or len(blob) != _TIME_BYTES + SIGNATURE_BYTES:
            continue
        at = int.from_bytes(blob[:_TIME_BYTES], "big")
        if at < _LAST_TIME and verify(witness.key, blob[_TIME_BYTES:], _message(text, at)):
            cosignatures.append(Cosignature(witness.name, datetime.fromtimestamp(at, UTC), f"{line.rstrip()}\n"))
    return cosignatures


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _signature(line: str, verifier: Verifier) -> bytes | None:
    """Return what follows the id of a key in a line that says it is of this key."""
    name, _, encoded = line.rstrip("\n").removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or name != verifier.name:
        return None
    try:
        blob = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None
    return blob[_KEY_ID_BYTES:] if blob[:_KEY_ID_BYTES] == verifier.key_id else None
