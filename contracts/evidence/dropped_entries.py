"""Statements about entries that a log has dropped under retention: signed notes (C2SP signed-note), kept for good."""

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from contracts.evidence.checkpoints import Checkpoint, NoteError, Verify, is_signed_text, signed_text
from contracts.evidence.merkle_tree import HASH_BYTES

_SUFFIX: Final = "/dropped"


class DroppedEntries(NamedTuple):
    """The entries from number `first` to the one before `end` were dropped at `at`; all were older than `before`.

    Of them, `intact` had the hashes that the tree has for them. `tree` is the last signed state of the log by then.
    """

    first: int
    end: int
    intact: int
    before: datetime
    at: datetime
    tree: Checkpoint

    @property
    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.tree.root).decode()
        lines = f"{self.first}\n{self.end}\n{self.intact}\n{self.before.isoformat()}\n{self.at.isoformat()}"
        return f"{self.tree.origin}{_SUFFIX}\n{lines}\n{self.tree.size} {root}\n"


def signed_statement(dropped: DroppedEntries, public_key: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return a statement with the signature of its log's own key; `sign` signs bytes."""
    return signed_text(f"{dropped.tree.origin}{_SUFFIX}", dropped.text, public_key, sign)


def read_statement(note: str, origin: str, public_key: bytes, verify: Verify) -> DroppedEntries:
    """Return what a statement says that the key of a log has signed.

    Raises:
        NoteError: It is not a statement about this log, or this key did not sign it.
    """
    lines = note.rpartition("\n\n")[0].split("\n")
    try:
        name, first, end, intact, before, at, head = lines
        size, _, root = head.partition(" ")
        tree = Checkpoint(origin, int(size), base64.b64decode(root, validate=True))
        times = datetime.fromisoformat(before), datetime.fromisoformat(at)
        dropped = DroppedEntries(int(first), int(end), int(intact), *times, tree)
    except ValueError as error:
        raise NoteError from error
    is_whole = dropped.text == "\n".join([*lines, ""]) and len(tree.root) == HASH_BYTES
    if not is_whole or not is_signed_text(note, name, public_key, verify):
        raise NoteError
    return dropped


def chain(statements: Iterable[DroppedEntries]) -> list[DroppedEntries]:
    """Return the statements that follow each other from the first entry on; a gap ends them."""
    linked: list[DroppedEntries] = []
    for dropped in sorted(statements, key=lambda each: (each.first, each.end)):
        if dropped.first == (linked[-1].end if linked else 0) and dropped.end > dropped.first:
            linked.append(dropped)
    return linked
