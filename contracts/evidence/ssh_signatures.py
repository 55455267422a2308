"""Public keys and signatures as OpenSSH writes them (PROTOCOL.sshsig): their form alone, without any cryptography."""

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable
from textwrap import wrap
from typing import Final, NamedTuple

KEY_TYPE: Final = "ssh-ed25519"
KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = struct.pack(">I", 1)
_HASH: Final = b"sha512"
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
_END: Final = "-----END SSH SIGNATURE-----"
_WIDTH: Final = 70


class FormError(ValueError):
    """A text is not a key or a signature of this form."""


class Signature(NamedTuple):
    """A signature with the public key that verifies it, and the namespace that says what was signed for."""

    public_key: bytes
    namespace: str
    signature: bytes


def packed(parts: Iterable[bytes]) -> bytes:
    """Return texts one after the other, each behind its length."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def unpacked(data: bytes, count: int) -> tuple[list[bytes], bytes]:
    """Return the first texts of such data, and the rest.

    Raises:
        FormError: The data ends before.
    """
    parts = list[bytes]()
    for _ in range(count):
        if len(data) < 4 or len(data) - 4 < (size := int.from_bytes(data[:4], "big")):  # noqa: PLR2004 - the length itself
            raise FormError
        parts.append(data[4 : 4 + size])
        data = data[4 + size :]
    return parts, data


def signed_bytes(namespace: str, message: bytes) -> bytes:
    """Return what an SSH signature of a message signs."""
    return _MAGIC + packed([namespace.encode(), b"", _HASH, hashlib.sha512(message).digest()])


def armor(signature: Signature) -> str:
    """Return a signature as ssh-keygen writes it."""
    signed = packed([KEY_TYPE.encode(), signature.signature])
    parts = (key_blob(signature.public_key), signature.namespace.encode(), b"", _HASH, signed)
    text = base64.b64encode(_MAGIC + _VERSION + packed(parts)).decode()
    return "\n".join([_BEGIN, *wrap(text, _WIDTH), _END, ""])


def read_armor(text: str) -> Signature:
    """Return the signature in a text that `armor` could have written, byte by byte.

    Raises:
        FormError: It could not.
    """
    encoded = text.removeprefix(_BEGIN).removesuffix(f"{_END}\n").replace("\n", "")
    head = _MAGIC + _VERSION
    (key, namespace, _, _, signed), _ = unpacked(_decode(encoded)[len(head) :], 5)
    (_, signature), _ = unpacked(signed, 2)
    try:
        found = Signature(read_key_blob(key), namespace.decode("ascii"), signature)
    except UnicodeDecodeError as error:
        raise FormError from error
    if len(signature) != SIGNATURE_BYTES or armor(found) != text:
        raise FormError
    return found


def key_blob(public_key: bytes) -> bytes:
    """Return a public key as the protocol sends it."""
    return packed([KEY_TYPE.encode(), public_key])


def read_key_blob(blob: bytes) -> bytes:
    """Return the public key in a blob.

    Raises:
        FormError: It is a key of another type.
    """
    (_, public_key), _ = unpacked(blob, 2)
    if len(public_key) != KEY_BYTES or key_blob(public_key) != blob:
        raise FormError
    return public_key


def public_line(public_key: bytes, comment: str) -> str:
    """Return a public key as a line of a file, as ssh-keygen writes it."""
    return f"{KEY_TYPE} {base64.b64encode(key_blob(public_key)).decode()} {comment}\n"


def read_public_line(line: str) -> bytes:
    """Return the public key in such a line; the comment may be anything.

    Raises:
        FormError: It is not the line of an Ed25519 key.
    """
    words = line.split(maxsplit=2)
    if len(words) < 2 or words[0] != KEY_TYPE:  # noqa: PLR2004 - the type and the key
        raise FormError
    return read_key_blob(_decode(words[1]))


def fingerprint(public_key: bytes) -> str:
    """Return the fingerprint of a public key, as `ssh-keygen -l` prints it."""
    digest = base64.b64encode(hashlib.sha256(key_blob(public_key)).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormError from error
