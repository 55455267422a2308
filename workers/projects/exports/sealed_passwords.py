"""The password of a package while it is made: sealed for this export, with a key that is stored nowhere."""

from typing import Final
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from workers.common.signing_key import SigningKey

_PURPOSE: Final = b"export-password"


class SealedPasswordError(Exception):
    """A sealed password cannot be opened: it was sealed with another key, or for another export."""


def seal(password: str, key: SigningKey, package_id: UUID) -> bytes:
    """Return a password so that only this site can read it, and only for this package."""
    return bytes(_box(key, package_id).encrypt(password.encode()))


def unseal(sealed: bytes, key: SigningKey, package_id: UUID) -> str:
    """Return a sealed password.

    Raises:
        SealedPasswordError: It was not sealed with this key for this package.
    """
    try:
        return _box(key, package_id).decrypt(sealed).decode()
    except CryptoError as error:
        raise SealedPasswordError from error


def _box(key: SigningKey, package_id: UUID) -> SecretBox:
    return SecretBox(key.derived_key(_PURPOSE, package_id.bytes))
