"""Opening what is encrypted to keys of age. It needs the extra `age`."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyrage
from pyrage import x25519

from contracts.evidence.package_files import UnreadableError, WrongIdentityError

_FILE_BYTES_MAX: Final = 100_000
_ENCRYPTED_HEADS: Final = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")
_NO_MATCH: Final = "No matching keys"


class IdentityError(Exception):
    """A file has no identities of age; or it `is_encrypted` itself."""

    def __init__(self, *, is_encrypted: bool = False) -> None:
        super().__init__()
        self.is_encrypted = is_encrypted


def read_identities(path: Path) -> list[Any]:
    """Return the identities (private keys) in a file as age-keygen writes it.

    Raises:
        IdentityError: It has none, or something else.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(_FILE_BYTES_MAX)
    if data.startswith(_ENCRYPTED_HEADS):
        raise IdentityError(is_encrypted=True)
    try:
        identities = [x25519.Identity.from_str(line) for line in _lines(data.decode())]
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise IdentityError from error
    if not identities:
        raise IdentityError
    return identities


def decrypt(encrypted: BinaryIO, target: BinaryIO, identities: Sequence[Any]) -> None:
    """Decrypt a file that is encrypted to one of these identities into another one, piece by piece.

    Raises:
        UnreadableError: It is damaged.
        WrongIdentityError: It is encrypted to others.
    """
    try:
        pyrage.decrypt_io(encrypted, target, identities)
    except (pyrage.DecryptError, OSError) as error:
        if _NO_MATCH in str(error):
            raise WrongIdentityError from error
        raise UnreadableError("") from error
    target.flush()


def _lines(text: str) -> Iterable[str]:
    lines = (line.strip() for line in text.splitlines())
    return (line for line in lines if line and not line.startswith("#"))
