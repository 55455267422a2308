"""Time stamps of an authority (RFC 3161): their form alone; what an authority does not sign has one spelling here."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, NamedTuple

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

from contracts.evidence import cms
from contracts.evidence.cms import Algorithm, FormError, SignedMessage

DIGESTS: Final = {
    "sha256": (ObjectIdentifier("2.16.840.1.101.3.4.2.1"), ObjectIdentifier("1.2.840.10045.4.3.2")),
    "sha384": (ObjectIdentifier("2.16.840.1.101.3.4.2.2"), ObjectIdentifier("1.2.840.10045.4.3.3")),
    "sha512": (ObjectIdentifier("2.16.840.1.101.3.4.2.3"), ObjectIdentifier("1.2.840.10045.4.3.4")),
}
"""The digests that a time stamp may have, each with its signatures by elliptic curves."""

_STAMP: Final = ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
_SIGNING_CERTIFICATE: Final = ObjectIdentifier("1.2.840.113549.1.9.16.2.12")
_RSA: Final = ObjectIdentifier("1.2.840.113549.1.1.1")
_RSA_DIGESTS: Final = {ObjectIdentifier(f"1.2.840.113549.1.1.{number}") for number in (11, 12, 13)}
_GRANTED: Final = {0, 1}


@asn1.sequence
class _Imprint:
    algorithm: Algorithm
    digest: bytes


@asn1.sequence
class _Request:
    version: int
    imprint: _Imprint
    nonce: int
    names_certificate: bool


@asn1.sequence
class _Status:
    status: int
    texts: list[str] | None
    failure: asn1.BitString | None


@asn1.sequence
class _Response:
    status: _Status
    stamp: asn1.TLV


@asn1.sequence
class _Accuracy:
    seconds: int | None
    milliseconds: Annotated[int | None, asn1.Implicit(0)]
    microseconds: Annotated[int | None, asn1.Implicit(1)]


@asn1.sequence
class _Information:
    version: int
    policy: ObjectIdentifier
    imprint: _Imprint
    serial: int
    at: asn1.GeneralizedTime
    accuracy: _Accuracy | None
    is_ordered: Annotated[bool, asn1.Default(value=False)]
    nonce: int | None
    authority: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    extensions: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _CertificateDigest:
    digest: bytes
    issuer: list[asn1.TLV] | None


@asn1.sequence
class _SigningCertificates:
    certificates: list[_CertificateDigest]
    policies: list[asn1.TLV] | None


@asn1.sequence
class _CertificateDigest2:
    algorithm: Algorithm | None
    digest: bytes
    issuer: list[asn1.TLV] | None


@asn1.sequence
class _SigningCertificates2:
    certificates: list[_CertificateDigest2]
    policies: list[asn1.TLV] | None


Covers = Callable[[bytes, Sequence[bytes]], bool]
"""Tells whether a certificate was issued by one of others."""


class Information(NamedTuple):
    """What a time stamp says: of what it is, when it was made, and the number of its request."""

    imprint: bytes
    at: datetime
    nonce: int | None


def request(imprint: bytes, nonce: int) -> bytes:
    """Return the request of a time stamp for a SHA-256."""
    algorithm = Algorithm(kind=DIGESTS["sha256"][0], parameters=asn1.Null())
    named = _Imprint(algorithm=algorithm, digest=imprint)
    return asn1.encode_der(_Request(version=1, imprint=named, nonce=nonce, names_certificate=True))


def answered(response: bytes) -> bytes:
    """Return the time stamp in the response of an authority.

    Raises:
        FormError: It granted none.
    """
    read = cms.decoded(_Response, response)
    if read.status.status not in _GRANTED:
        raise FormError
    return asn1.encode_der(read.stamp)


def parse(data: bytes, issued: Covers) -> SignedMessage:
    """Return a time stamp in the one spelling that it has in a PDF, with those certificates of which a change is found.

    These are the ones that it names, the authority's first, those issued by another one of them, and roots.

    Raises:
        FormError: It is none of a known form.
    """
    read = cms.parse(data)
    digest = digest_of(read)
    is_curve = read.algorithm.kind == DIGESTS[digest][1]
    if read.kind != _STAMP or not (is_curve or read.algorithm.kind in {_RSA, *_RSA_DIGESTS}):
        raise FormError
    return read._replace(
        version=3,
        certificates=_covered(read.certificates, cms.attribute_values(read.attributes), issued),
        digest=Algorithm(kind=DIGESTS[digest][0], parameters=None),
        algorithm=Algorithm(
            kind=DIGESTS[digest][1] if is_curve else _RSA, parameters=None if is_curve else asn1.Null()
        ),
        unsigned=(),
    )


def read(data: bytes, issued: Covers) -> SignedMessage:
    """Return a time stamp that is in the one spelling, byte by byte.

    Raises:
        FormError: It is not.
    """
    token = parse(data, issued)
    if cms.assemble(token) != data:
        raise FormError
    return token


def digest_of(token: SignedMessage) -> str:
    """Return the name of the digest that is signed.

    Raises:
        FormError: It is none of those in use.
    """
    return _named(token.digest)


def information(token: SignedMessage) -> Information:
    """Return what a time stamp says, if its attributes are those of its content.

    Raises:
        FormError: They are not, or it says something else.
    """
    found, content = cms.attribute_values(token.attributes), token.content or b""
    digest = hashlib.new(digest_of(token), content).digest()
    expected = {cms.CONTENT_TYPE: asn1.encode_der(_STAMP), cms.MESSAGE_DIGEST: asn1.encode_der(digest)}
    if any(found.get(kind) != value for kind, value in expected.items()):
        raise FormError
    read = cms.decoded(_Information, content)
    if _named(read.imprint.algorithm) != "sha256":
        raise FormError
    return Information(read.imprint.digest, read.at.as_datetime().replace(tzinfo=UTC), read.nonce)


def _covered(available: Sequence[bytes], found: Mapping[ObjectIdentifier, bytes], issued: Covers) -> list[bytes]:
    if (listed := found.get(cms.SIGNING_CERTIFICATE_2)) is not None:
        digests = [each.digest for each in cms.decoded(_SigningCertificates2, listed).certificates]
        by_digest = {hashlib.sha256(each).digest(): each for each in available}
    elif (listed := found.get(_SIGNING_CERTIFICATE)) is not None:
        digests = [each.digest for each in cms.decoded(_SigningCertificates, listed).certificates]
        by_digest = {
            hashlib.sha1(each, usedforsecurity=False).digest(): each for each in available
        }  # as the older attribute does
    else:
        raise FormError
    covered = [by_digest[digest] for digest in digests if digest in by_digest]
    if not covered or by_digest.get(digests[0]) != covered[0]:
        raise FormError
    while added := [each for each in available if each not in covered and issued(each, [*covered, each])]:
        covered += added
    return covered


def _named(algorithm: Algorithm) -> str:
    name = next((name for name, (kind, _) in DIGESTS.items() if kind == algorithm.kind), None)
    if name is None:
        raise FormError
    return name
