"""The signature of a PDF (CAdES in a PDF, ETSI EN 319 142-1): its form alone; `certificates` judges it.

Each signature has one spelling: whatever is not covered by it can only be what `assemble` writes.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from contracts.evidence import cms
from contracts.evidence.cms import Algorithm, FormError, SignedMessage

_DATA: Final = ObjectIdentifier("1.2.840.113549.1.7.1")
_TIME_STAMP: Final = ObjectIdentifier("1.2.840.113549.1.9.16.2.14")
_LAYOUT: Final = ObjectIdentifier("2.25.121112908047602436125317104225956335193")
"""An identifier of our own: a UUID needs no registration."""

_SHA256: Final = Algorithm(kind=ObjectIdentifier("2.16.840.1.101.3.4.2.1"), parameters=None)
_RSA_SHA256: Final = Algorithm(kind=ObjectIdentifier("1.2.840.113549.1.1.11"), parameters=asn1.Null())
_HEX: Final = re.compile(rb"<((?:[0-9a-f]{2})+)>")
_DIGEST_BYTES: Final = 32
_LONG: Final = 0x80
"""From here on, the second byte of a value says how many bytes its length has."""


@asn1.sequence
class _CertificateDigest:
    digest: bytes


@asn1.sequence
class _SigningCertificates:
    certificates: list[_CertificateDigest]


@asn1.sequence
class _SignedLayout:
    gap_start: int
    gap_end: int
    length: int
    block_bytes: int
    digests: bytes


class Layout(NamedTuple):
    """The place of the signature in its file, and the digests of all other bytes, in blocks of one size."""

    gap_start: int
    gap_end: int
    length: int
    block_bytes: int
    digests: bytes

    @property
    def is_possible(self) -> bool:
        """Whether a file can be so, with a digest for each of its blocks."""
        is_ordered = 0 < self.gap_start < self.gap_end <= self.length and self.block_bytes > 0
        return is_ordered and len(self.digests) == _DIGEST_BYTES * -(-self.length // self.block_bytes)

    def blocks(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield the first byte of each block, the one behind it, and its digest."""
        for number, start in enumerate(range(0, self.length, self.block_bytes)):
            yield (
                start,
                min(start + self.block_bytes, self.length),
                self.digests[_DIGEST_BYTES * number :][:_DIGEST_BYTES],
            )

    def digest_of(self, data: bytes, start: int, end: int) -> bytes:
        """Return the digest of a block of a file, without the signature."""
        digest = hashlib.sha256(data[start : min(end, max(start, self.gap_start))])
        digest.update(data[max(start, self.gap_end) : end])
        return digest.digest()


class Parts(NamedTuple):
    """A signature: the certificate of its key with those above it, the attributes that it signs, and a time stamp."""

    certificates: Sequence[bytes]
    attributes: Sequence[bytes]
    signature: bytes
    time_stamp: bytes | None

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is of."""
        return _message(self).signed_bytes


class Signed(NamedTuple):
    """What the signed attributes say."""

    digest: bytes
    layout: Layout


def attributes(certificates: Sequence[bytes], signed: Signed) -> list[bytes]:
    """Return the attributes that are signed: they name each certificate and cover the file."""
    digests = [_CertificateDigest(digest=hashlib.sha256(each).digest()) for each in certificates]
    values = {
        cms.CONTENT_TYPE: _DATA,
        cms.MESSAGE_DIGEST: signed.digest,
        cms.SIGNING_CERTIFICATE_2: _SigningCertificates(certificates=digests),
        _LAYOUT: _SignedLayout(**signed.layout._asdict()),
    }
    return sorted(cms.attribute(kind, asn1.encode_der(value)) for kind, value in values.items())


def assemble(parts: Parts) -> bytes:
    """Return the signature in the form that it has in a file."""
    return cms.assemble(_message(parts))


def _message(parts: Parts) -> SignedMessage:
    stamps = [cms.attribute(_TIME_STAMP, parts.time_stamp)] if parts.time_stamp else []
    signer = (parts.attributes, _RSA_SHA256, parts.signature, stamps)
    return SignedMessage(1, parts.certificates, _DATA, None, _SHA256, *signer)


def read(data: bytes) -> tuple[Parts, Signed]:
    """Return a signature that `assemble` could have written, byte by byte.

    Raises:
        FormError: It could not.
    """
    message = cms.parse(data)
    by_digest = {hashlib.sha256(each).digest(): each for each in message.certificates}
    digests, signed = _read_attributes(message.attributes)
    if not digests or set(digests) != by_digest.keys() or not len(digests) == len(message.certificates):
        raise FormError
    stamp = cms.attribute_values(message.unsigned).get(_TIME_STAMP)
    parts = Parts([by_digest[digest] for digest in digests], message.attributes, message.signature, stamp)
    if attributes(parts.certificates, signed) != parts.attributes or assemble(parts) != data:
        raise FormError
    return parts, signed


def hexadecimal(signature: bytes, room: int) -> bytes:
    """Return the content of the gap of a file: the digits, and zeros for the rest."""
    return b"<" + signature.hex().encode().ljust(room - 2, b"0") + b">"


def from_hexadecimal(gap: bytes) -> bytes:
    """Return the signature in the gap of a file.

    Raises:
        FormError: There is none, or the gap has something else in it.
    """
    match = _HEX.fullmatch(gap)
    if match is None:
        raise FormError
    data = bytes.fromhex(match[1].decode())
    size = _size(data)
    if any(data[size:]):
        raise FormError
    return data[:size]


def _size(data: bytes) -> int:
    """Return how many bytes the value has that data begin with: none of a signature is short."""
    count = data[1] - _LONG if len(data) > 1 else 0
    return 2 + count + int.from_bytes(data[2 : 2 + count]) if count > 0 else 0


def fingerprint(certificate: bytes) -> str:
    """Return the fingerprint of a certificate, with the digits that `openssl x509 -fingerprint -sha256` prints."""
    return f"SHA256:{hashlib.sha256(certificate).digest().hex(':').upper()}"


def _read_attributes(attributes: Sequence[bytes]) -> tuple[list[bytes], Signed]:
    found = cms.attribute_values(attributes)
    try:
        digest, names, layout = (found[kind] for kind in (cms.MESSAGE_DIGEST, cms.SIGNING_CERTIFICATE_2, _LAYOUT))
    except KeyError as error:
        raise FormError from error
    listed = [each.digest for each in cms.decoded(_SigningCertificates, names).certificates]
    read = cms.decoded(_SignedLayout, layout)
    signed = Layout(read.gap_start, read.gap_end, read.length, read.block_bytes, read.digests)
    if not signed.is_possible:
        raise FormError
    return listed, Signed(cms.decoded(bytes, digest), signed)
