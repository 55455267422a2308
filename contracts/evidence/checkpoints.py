"""Checkpoints of a log as signed notes (C2SP signed-note and tlog-checkpoint): text, and a line for each signature.

This module has only their form: callers bring the Ed25519 functions that sign and verify.
"""

import base64
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple

from contracts.evidence.merkle_tree import HASH_BYTES
from contracts.evidence.ssh_signatures import SIGNATURE_BYTES

Verify = Callable[[bytes, bytes, bytes], bool]
"""Tells whether a public key has made a signature of a message."""

_ED25519: Final = b"\x01"
"""The kind of the key and of its signatures."""

_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_SIGNATURE_LENGTHS: Final = {_KEY_ID_BYTES + SIGNATURE_BYTES, _KEY_ID_BYTES + _TIME_BYTES + SIGNATURE_BYTES}
"""Of the log's own signature and of cosignatures, which have a time."""

_DASH: Final = "\u2014 "
_CHECKPOINT_LINES: Final = 3


class NoteError(ValueError):
    """A text is not a signed note, not a checkpoint, or not signed with the expected key."""


class Checkpoint(NamedTuple):
    """The state of a log: its name, the number of its leaves, and the root of its tree."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def signed_text(name: str, content: str, public_key: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return a text as a note with the signature of an Ed25519 key; `sign` signs bytes."""
    signature = base64.b64encode(_key_id(name, public_key) + sign(content.encode()))
    return f"{content}\n{_DASH}{name} {signature.decode()}\n"


def signed_note(checkpoint: Checkpoint, public_key: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return a checkpoint with the signature of its log's own Ed25519 key; `sign` signs bytes."""
    return signed_text(checkpoint.origin, checkpoint.text, public_key, sign)


def read_note(note: str, public_key: bytes, verify: Verify) -> Checkpoint:
    """Return the checkpoint in a note that the key of its log has signed.

    Raises:
        NoteError: The text is not a checkpoint, or was not signed with this key.
    """
    checkpoint = read_unverified_note(note)
    if not is_signed_text(note, checkpoint.origin, public_key, verify):
        raise NoteError
    return checkpoint


def is_signed_text(note: str, name: str, public_key: bytes, verify: Verify) -> bool:
    """Tell whether a key of this name has signed the text of a note, which may have other signatures, too."""
    text, _, signatures = note.rpartition("\n\n")
    *lines, end = signatures.split("\n")
    if end or not all(line.startswith(_DASH) for line in lines):
        return False
    for line in lines:
        signer, _, encoded = line.removeprefix(_DASH).partition(" ")
        if signer == name:
            signature = _signature(encoded, name, public_key)
            if signature is not None and verify(public_key, signature, f"{text}\n".encode()):
                return True
    return False


def read_unverified_note(note: str) -> Checkpoint:
    """Return the checkpoint in a note without looking at its signatures.

    Raises:
        NoteError: The text is not a checkpoint.
    """
    lines = note.rpartition("\n\n")[0].split("\n")
    try:
        origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    except (IndexError, ValueError) as error:
        raise NoteError from error
    checkpoint = Checkpoint(origin, size, root)
    if len(lines) != _CHECKPOINT_LINES or len(root) != HASH_BYTES or checkpoint.text != "\n".join([*lines, ""]):
        raise NoteError
    return checkpoint


def is_note(text: str) -> bool:
    """Tell whether a text has the form of a signed checkpoint, with any key."""
    try:
        read_unverified_note(text)
        signature = base64.b64decode(text.rpartition(" ")[2], validate=False)
    except ValueError:
        return False
    return text.rpartition("\n\n")[2].startswith(_DASH) and len(signature) in _SIGNATURE_LENGTHS


def verifier_line(origin: str, public_key: bytes) -> str:
    """Return the public key of a log as other programs take it: its name, the id of the key, and the key."""
    key = base64.b64encode(_ED25519 + public_key).decode()
    return f"{origin}+{_key_id(origin, public_key).hex()}+{key}"


def _key_id(name: str, public_key: bytes) -> bytes:
    return sha256(f"{name}\n".encode() + _ED25519 + public_key).digest()[:_KEY_ID_BYTES]


def _signature(encoded: str, name: str, public_key: bytes) -> bytes | None:
    """Return a signature that says it is of this key."""
    try:
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        return None
    is_canonical = base64.b64encode(blob).decode() == encoded
    return blob[_KEY_ID_BYTES:] if is_canonical and blob[:_KEY_ID_BYTES] == _key_id(name, public_key) else None
