"""The signature of a PDF (CAdES in a PDF, ETSI EN 319 142-1): its form alone, without any cryptography.

Each signature has one spelling: whatever is not covered by it can only be what `assemble` writes.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from contracts.evidence import der
from contracts.evidence.der import FormError, Value

SIGNATURE_BYTES: Final = 384
"""Of RSA with 3072 bits; other keys have others."""

_PKCS7: Final = (1, 2, 840, 113549, 1, 7)
_PKCS9: Final = (1, 2, 840, 113549, 1, 9)
_DATA, SIGNED_DATA = der.identifier(*_PKCS7, 1), der.identifier(*_PKCS7, 2)
CONTENT_TYPE, MESSAGE_DIGEST = der.identifier(*_PKCS9, 3), der.identifier(*_PKCS9, 4)
SIGNING_CERTIFICATE_2: Final = der.identifier(*_PKCS9, 16, 2, 47)
TIME_STAMP: Final = der.identifier(*_PKCS9, 16, 2, 14)
_LAYOUT: Final = der.identifier(2, 25, 121112908047602436125317104225956335193)
"""An identifier of our own: a UUID needs no registration."""

_NULL: Final = der.encoded(der.NULL)
_SHA256: Final = der.sequence(der.identifier(2, 16, 840, 1, 101, 3, 4, 2, 1))
_RSA_SHA256: Final = der.sequence(der.identifier(1, 2, 840, 113549, 1, 1, 11), _NULL)
_FIRST, _SECOND, _EXPLICIT = 0xA0, 0xA1, 0xA0
_VERSION_1: Final = der.integer(1)
_HEX: Final = re.compile(rb"<((?:[0-9a-f]{2})+)>")


class Layout(NamedTuple):
    """Where the signature stands in its file, and the digests of all other bytes, in blocks of one size."""

    gap_start: int
    gap_end: int
    length: int
    block_bytes: int
    digests: bytes

    def blocks(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield the first byte of each block, the one behind it, and its digest."""
        for number, start in enumerate(range(0, self.length, self.block_bytes)):
            yield start, min(start + self.block_bytes, self.length), self.digests[32 * number : 32 * number + 32]

    def digest_of(self, data: bytes, start: int, end: int) -> bytes:
        """Return the digest of a block of a file, without the signature."""
        digest = hashlib.sha256(data[start : min(end, max(start, self.gap_start))])
        digest.update(data[max(start, self.gap_end) : end])
        return digest.digest()


class Parts(NamedTuple):
    """A signature: the certificate of its key with those above it, what was signed, and a time stamp."""

    certificates: Sequence[bytes]
    attributes: bytes
    signature: bytes
    time_stamp: bytes | None


class Signed(NamedTuple):
    """What the signed attributes say."""

    digest: bytes
    layout: Layout


def attributes(certificates: Sequence[bytes], signed: Signed) -> bytes:
    """Return the attributes that are signed: they name each certificate and cover the file."""
    layout = signed.layout
    numbers = (layout.gap_start, layout.gap_end, layout.length, layout.block_bytes)
    hashes = (der.encoded(der.OCTETS, hashlib.sha256(each).digest()) for each in certificates)
    return der.set_of(
        [
            _attribute(CONTENT_TYPE, _DATA),
            _attribute(MESSAGE_DIGEST, der.encoded(der.OCTETS, signed.digest)),
            _attribute(SIGNING_CERTIFICATE_2, der.sequence(der.sequence(*map(der.sequence, hashes)))),
            _attribute(_LAYOUT, der.sequence(*map(der.integer, numbers), der.encoded(der.OCTETS, layout.digests))),
        ]
    )


def assemble(parts: Parts) -> bytes:
    """Return the signature as it stands in a file."""
    issuer, serial = names_of(parts.certificates[0])
    stamp = parts.time_stamp
    signer = der.sequence(
        _VERSION_1,
        der.sequence(issuer, serial),
        _SHA256,
        der.encoded(_FIRST, der.value(parts.attributes, der.SET).content),
        _RSA_SHA256,
        der.encoded(der.OCTETS, parts.signature),
        der.encoded(_SECOND, _attribute(TIME_STAMP, stamp)) if stamp else b"",
    )
    return der.sequence(
        SIGNED_DATA,
        der.encoded(
            _EXPLICIT,
            der.sequence(
                _VERSION_1,
                der.set_of([_SHA256]),
                der.sequence(_DATA),
                der.set_of(parts.certificates, _FIRST),
                der.set_of([signer]),
            ),
        ),
    )


def read(data: bytes) -> tuple[Parts, Signed]:
    """Return a signature that `assemble` could have written, byte by byte.

    Raises:
        FormError: It could not.
    """
    _, explicit = der.parts(data, der.SEQUENCE, der.OBJECT_IDENTIFIER, _EXPLICIT)
    tags = (der.INTEGER, der.SET, der.SEQUENCE, _FIRST, der.SET)
    *_, certificates, signers = der.parts(explicit.content, der.SEQUENCE, *tags)
    signer = der.values(der.value(signers.content, der.SEQUENCE).content)
    if len(signer) not in {6, 7} or signer[3].tag != _FIRST:
        raise FormError
    own = der.encoded(der.SET, signer[3].content)
    stamp = _only_attribute(signer[6].content) if len(signer) == 7 else None  # noqa: PLR2004 - one part more
    by_digest = {hashlib.sha256(each.whole).digest(): each.whole for each in der.values(certificates.content)}
    hashes, signed = _read_attributes(own)
    if set(hashes) != by_digest.keys() or len(hashes) != len(by_digest) or not hashes:
        raise FormError
    parts = Parts([by_digest[digest] for digest in hashes], own, signer[5].content, stamp)
    if attributes(parts.certificates, signed) != own or assemble(parts) != data:
        raise FormError
    return parts, signed


def hexadecimal(signature: bytes, room: int) -> bytes:
    """Return what stands in the gap of a file: the digits, and zeros in the rest of its room."""
    return b"<" + signature.hex().encode().ljust(room - 2, b"0") + b">"


def from_hexadecimal(gap: bytes) -> bytes:
    """Return the signature in the gap of a file.

    Raises:
        FormError: There is none, or something stands beside it.
    """
    match = _HEX.fullmatch(gap)
    if match is None:
        raise FormError
    data = bytes.fromhex(match[1].decode())
    size = len(der.first(data).whole)
    if any(data[size:]):
        raise FormError
    return data[:size]


def names_of(certificate: bytes) -> tuple[bytes, bytes]:
    """Return the issuer and the serial number of a certificate, as they stand in it."""
    fields = der.values(der.values(der.value(certificate, der.SEQUENCE).content)[0].content)
    start = 1 if fields[0].tag == _EXPLICIT else 0
    if len(fields) < start + 3:
        raise FormError
    return fields[start + 2].whole, fields[start].whole


def fingerprint(certificate: bytes) -> str:
    """Return the fingerprint of a certificate, with the digits that `openssl x509 -fingerprint -sha256` prints."""
    return f"SHA256:{hashlib.sha256(certificate).digest().hex(':').upper()}"


def _attribute(kind: bytes, *contents: bytes) -> bytes:
    return der.sequence(kind, der.set_of(contents))


def _only_attribute(data: bytes) -> bytes:
    _, held = der.parts(data, der.SEQUENCE, der.OBJECT_IDENTIFIER, der.SET)
    return der.value(held.content).whole


def attribute_values(data: bytes) -> dict[bytes, Value]:
    """Return the value of each attribute in a set by its kind.

    Raises:
        FormError: One of them occurs twice or has several values.
    """
    found = dict[bytes, Value]()
    for each in der.values(der.value(data, der.SET).content):
        kind, held = der.parts(each.whole, der.SEQUENCE, der.OBJECT_IDENTIFIER, der.SET)
        if kind.whole in found:
            raise FormError
        found[kind.whole] = der.value(held.content)
    return found


def _read_attributes(data: bytes) -> tuple[list[bytes], Signed]:
    found = attribute_values(data)
    try:
        digest, names, layout = (found[kind] for kind in (MESSAGE_DIGEST, SIGNING_CERTIFICATE_2, _LAYOUT))
    except KeyError as error:
        raise FormError from error
    [listed] = der.parts(names.whole, der.SEQUENCE, der.SEQUENCE)
    hashes = [der.parts(each.whole, der.SEQUENCE, der.OCTETS)[0].content for each in der.values(listed.content)]
    *numbers, digests = der.parts(layout.whole, der.SEQUENCE, *[der.INTEGER] * 4, der.OCTETS)
    start, end, length, block = (der.number(each.content) for each in numbers)
    if not (0 < start < end <= length and block > 0 and len(digests.content) == 32 * -(-length // block)):
        raise FormError
    return hashes, Signed(digest.content, Layout(start, end, length, block, digests.content))
