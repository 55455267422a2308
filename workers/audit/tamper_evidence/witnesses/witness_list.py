"""The file that names the witnesses of a site: a line for each, with its address and its public key."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from contracts.evidence.checkpoints import NoteError
from contracts.evidence.cosignatures import WITNESS_KEY, Verifier, read_verifier
from contracts.evidence.witness_requests import PATH
from workers.common.process_settings import is_address

_PARTS: Final = 2


class WitnessesFileError(Exception):
    """The file of witnesses cannot be read, or has a line that is none; the reason says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Cosigner(NamedTuple):
    """A witness that cosigns over HTTP: the address below which it takes checkpoints, and its key."""

    url: str
    key: Verifier

    @property
    def address(self) -> str:
        """Where checkpoints are sent."""
        return f"{self.url.rstrip('/')}/{PATH}"


def read_witnesses(path: Path | None) -> list[Cosigner]:
    """Return the witnesses in a file, where a line that begins with `#` is a comment; none without a file.

    Raises:
        WitnessesFileError: The file cannot be read, or a line is not an address and a key.
    """
    if path is None:
        return []
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WitnessesFileError(path, getattr(error, "strerror", None) or type(error).__name__) from error
    cosigners = list(_read(path, lines))
    if len({cosigner.key.name for cosigner in cosigners}) < len(cosigners):
        raise WitnessesFileError(path, "two witnesses have one name")
    return cosigners


def _read(path: Path, lines: Iterable[str]) -> Iterable[Cosigner]:
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        reason = f"line {number} is not the address and the key of a witness"
        if len(words) != _PARTS or not is_address(words[0], {"http", "https"}):
            raise WitnessesFileError(path, reason)
        try:
            yield Cosigner(words[0], read_verifier(words[1], WITNESS_KEY))
        except NoteError as error:
            raise WitnessesFileError(path, reason) from error
