"""The key that signs the packages of a site: an Ed25519 key in a private file of OpenSSH's form."""

import base64
import hashlib
import os
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey as Ed25519
from nacl.signing import VerifyKey

from contracts.evidence.ssh_signatures import (
    FormError,
    Signature,
    armor,
    fingerprint,
    key_blob,
    packed,
    public_line,
    read_key_blob,
    signed_bytes,
    unpacked,
)

FILE_NAME: Final = "package-signing.key"

_MAGIC: Final = b"openssh-key-v1\0"
_BEGIN: Final = "-----BEGIN OPENSSH PRIVATE KEY-----"
_END: Final = "-----END OPENSSH PRIVATE KEY-----"
_WIDTH: Final = 70
_BLOCK: Final = 8
_ONE_KEY: Final = b"\0\0\0\1"
_PLAIN: Final = [b"none", b"none", b""]


class NoSigningKeyError(Exception):
    """There is no usable key in a file; the reason says why."""

    def __init__(self, path: Path | None, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True)
class SigningKey:
    """A private key, and the comment of its public line."""

    _key: Ed25519 = field(repr=False)
    comment: str

    @classmethod
    def generate(cls, comment: str) -> Self:
        """Make a new key."""
        return cls(Ed25519.generate(), comment)

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """Read a key of `ssh-keygen -t ed25519` without a passphrase.

        Raises:
            NoSigningKeyError: The file is missing, not readable, or not such a key.
        """
        if path is None:
            raise NoSigningKeyError(path, "INCIDENTS_SIGNING_KEY is not set")
        try:
            return cls.from_text(path.read_text("ascii"))
        except OSError as error:
            raise NoSigningKeyError(path, error.strerror or type(error).__name__) from error
        except ValueError as error:
            reason = "it is not an Ed25519 key of OpenSSH without a passphrase"
            raise NoSigningKeyError(path, reason) from error

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the key in the text of a file.

        Raises:
            ValueError: It is another kind of key, or one with a passphrase.
        """
        lines = text.split()
        if " ".join(lines[:4]) != _BEGIN or " ".join(lines[-4:]) != _END:
            raise FormError
        data = base64.b64decode("".join(lines[4:-4]), validate=True)
        plain, rest = unpacked(data.removeprefix(_MAGIC), len(_PLAIN))
        if not data.startswith(_MAGIC) or plain != _PLAIN or not rest.startswith(_ONE_KEY):
            raise FormError
        (public, private), _ = unpacked(rest.removeprefix(_ONE_KEY), 2)
        (_, _, secret, comment), _ = unpacked(private[_BLOCK:], 4)
        key = Ed25519(secret[:32])
        if bytes(key.verify_key) != read_key_blob(public):
            raise FormError
        return cls(key, comment.decode())

    @property
    def public_key(self) -> bytes:
        """The public half."""
        return bytes(self._key.verify_key)

    @property
    def public_line(self) -> str:
        """The public half as the line of a file."""
        return public_line(self.public_key, self.comment)

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the public half."""
        return fingerprint(self.public_key)

    def text(self) -> str:
        """Return the private file."""
        check = os.urandom(4)
        names = key_blob(self.public_key) + packed([bytes(self._key) + self.public_key, self.comment.encode()])
        private = check + check + names
        private += bytes(range(1, 1 + -len(private) % _BLOCK))
        content = _MAGIC + packed(_PLAIN) + _ONE_KEY + packed([key_blob(self.public_key), private])
        encoded = base64.b64encode(content).decode()
        lines = (encoded[place : place + _WIDTH] for place in range(0, len(encoded), _WIDTH))
        return "\n".join([_BEGIN, *lines, _END, ""])

    def derived_key(self, purpose: bytes, context: bytes) -> bytes:
        """Return 32 bytes that only the holder of this key can derive, for one purpose of at most 16 bytes."""
        return hashlib.blake2b(context, digest_size=32, key=bytes(self._key), person=purpose).digest()

    def sign(self, namespace: str, message: bytes) -> str:
        """Return an SSH signature of a message."""
        signature = self._key.sign(signed_bytes(namespace, message)).signature
        return armor(Signature(self.public_key, namespace, signature))

    def sign_raw(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message, 64 bytes."""
        return self._key.sign(message).signature


def is_signature(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether the private half of an Ed25519 key has signed a message."""
    try:
        VerifyKey(public_key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


_CURRENT_PATH: ContextVar[Path | None] = ContextVar("signing_key", default=None)


def use(path: Path | None) -> None:
    """Name the file of the key for this process."""
    _CURRENT_PATH.set(path)


def current() -> SigningKey:
    """Read the key of this process, so that a new file counts without a restart.

    Raises:
        NoSigningKeyError: There is none.
    """
    return SigningKey.read(_CURRENT_PATH.get())
