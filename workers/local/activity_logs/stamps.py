"""Time stamps over checkpoints: of which state of a log each one is, when it was made, and by whom."""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from contracts.evidence import time_stamps
from contracts.evidence.certificates import is_issued, stamped
from contracts.evidence.checkpoints import Checkpoint
from contracts.evidence.cms import FormError
from contracts.evidence.pdf_signatures import fingerprint


class StampedState(NamedTuple):
    """A checkpoint whose time an authority has stamped, and the fingerprint of the authority's certificate."""

    checkpoint: Checkpoint
    at: datetime
    authority: str


class Stamps(NamedTuple):
    """The stamped states of a log by size, and how many stamps are of no checkpoint that is here, or are broken."""

    states: Sequence[StampedState]
    others: int

    def last(self, signed: int, authority: str | None) -> StampedState | None:
        """Return the last stamped state among the first entries that are proven, of an authority or of any."""
        known = [state for state in self.states if authority in {None, state.authority}]
        return max((state for state in known if state.checkpoint.size <= signed), default=None, key=_size)


def read_stamps(contents: Iterable[str], checkpoints: Iterable[Checkpoint]) -> Stamps:
    """Verify time stamps in base64, each against the checkpoint that it is of."""
    by_imprint = {sha256(each.text.encode()).digest(): each for each in checkpoints}
    states, others = [], 0
    for content in set(contents):
        state = _read(content, by_imprint)
        if state is None:
            others += 1
        else:
            states.append(state)
    return Stamps(sorted(states, key=_size), others)


def _read(content: str, by_imprint: Mapping[bytes, Checkpoint]) -> StampedState | None:
    try:
        stamp = base64.b64decode(content, validate=True)
        imprint = time_stamps.information(time_stamps.read(stamp, is_issued)).imprint
        checkpoint = by_imprint.get(imprint)
        information, certificate = stamped(stamp, imprint)
    except (FormError, binascii.Error):
        return None
    return StampedState(checkpoint, information.at, fingerprint(certificate)) if checkpoint else None


def _size(state: StampedState) -> int:
    return state.checkpoint.size
