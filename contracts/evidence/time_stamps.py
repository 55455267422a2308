"""Time stamps of an authority (RFC 3161): their form alone; what an authority does not sign has one spelling here."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from contracts.evidence import der
from contracts.evidence.der import FormError, Value
from contracts.evidence.pdf_signatures import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_2,
    attribute_values,
    names_of,
)

DIGESTS: Final = {
    "sha256": (der.identifier(2, 16, 840, 1, 101, 3, 4, 2, 1), der.identifier(1, 2, 840, 10045, 4, 3, 2)),
    "sha384": (der.identifier(2, 16, 840, 1, 101, 3, 4, 2, 2), der.identifier(1, 2, 840, 10045, 4, 3, 3)),
    "sha512": (der.identifier(2, 16, 840, 1, 101, 3, 4, 2, 3), der.identifier(1, 2, 840, 10045, 4, 3, 4)),
}
"""The digests that a time stamp may have, each with its signatures by elliptic curves."""

_STAMP: Final = der.identifier(1, 2, 840, 113549, 1, 9, 16, 1, 4)
_SIGNING_CERTIFICATE: Final = der.identifier(1, 2, 840, 113549, 1, 9, 16, 2, 12)
_RSA: Final = der.identifier(1, 2, 840, 113549, 1, 1, 1)
_RSA_DIGESTS: Final = {der.identifier(1, 2, 840, 113549, 1, 1, number) for number in (11, 12, 13)}
_NULL: Final = der.encoded(der.NULL)
_TAGGED, _OPTIONAL = 0xA0, 0xA1
_BOOLEAN, _GENERALIZED_TIME = 0x01, 0x18
_GRANTED: Final = {0, 1}
_INFO_FIELDS: Final = (der.INTEGER, der.OBJECT_IDENTIFIER, der.SEQUENCE, der.INTEGER, _GENERALIZED_TIME)

Covers = Callable[[bytes, Sequence[bytes]], bool]
"""Tells whether a certificate was issued by one of others."""


class Token(NamedTuple):
    """A time stamp: the certificate of its authority with others, what was signed, and how."""

    certificates: Sequence[bytes]
    content: bytes
    digest: str
    attributes: bytes
    signature: bytes
    is_curve: bool


class Info(NamedTuple):
    """What a time stamp says: of what it is, when it was made, and the number of its request."""

    imprint: bytes
    at: datetime
    nonce: int | None


def request(imprint: bytes, nonce: int) -> bytes:
    """Return the request of a time stamp for a SHA-256."""
    algorithm = der.sequence(DIGESTS["sha256"][0], _NULL)
    hashed = der.sequence(algorithm, der.encoded(der.OCTETS, imprint))
    return der.sequence(der.integer(1), hashed, der.integer(nonce), der.encoded(_BOOLEAN, b"\xff"))


def answered(response: bytes) -> bytes:
    """Return the time stamp in the response of an authority.

    Raises:
        FormError: It granted none.
    """
    parts = der.values(der.value(response, der.SEQUENCE).content)
    if len(parts) != 2:  # noqa: PLR2004 - a status and a time stamp
        raise FormError
    status = der.values(parts[0].content)[0]
    if status.tag != der.INTEGER or der.number(status.content) not in _GRANTED:
        raise FormError
    return parts[1].whole


def assemble(token: Token) -> bytes:
    """Return a time stamp in the one spelling that it has in a PDF."""
    issuer, serial = names_of(token.certificates[0])
    digest, curve = DIGESTS[token.digest]
    signer = der.sequence(
        der.integer(1),
        der.sequence(issuer, serial),
        der.sequence(digest),
        der.encoded(_TAGGED, der.value(token.attributes, der.SET).content),
        der.sequence(curve) if token.is_curve else der.sequence(_RSA, _NULL),
        der.encoded(der.OCTETS, token.signature),
    )
    data = der.sequence(
        der.integer(3),
        der.set_of([der.sequence(digest)]),
        der.sequence(_STAMP, der.encoded(_TAGGED, der.encoded(der.OCTETS, token.content))),
        der.set_of(token.certificates, _TAGGED),
        der.set_of([signer]),
    )
    return der.sequence(SIGNED_DATA, der.encoded(_TAGGED, data))


def parse(data: bytes, issued: Covers) -> Token:
    """Return a time stamp, with those of its certificates of which a change would be found.

    These are the ones that it names, those issued by another one of them, and roots.

    Raises:
        FormError: It is none of a known form.
    """
    _, explicit = der.parts(data, der.SEQUENCE, der.OBJECT_IDENTIFIER, _TAGGED)
    fields = der.values(der.value(explicit.content, der.SEQUENCE).content)
    if len(fields) < 5:  # noqa: PLR2004 - the fields of signed data, of which only lists of revocations may be missing
        raise FormError
    _, held = der.parts(fields[2].whole, der.SEQUENCE, der.OBJECT_IDENTIFIER, _TAGGED)
    content = der.value(held.content, der.OCTETS).content
    signer = der.values(der.value(fields[-1].content, der.SEQUENCE).content)
    if len(signer) < 6 or signer[3].tag != _TAGGED or signer[5].tag != der.OCTETS:  # noqa: PLR2004 - those that all signers have
        raise FormError
    own = der.encoded(der.SET, signer[3].content)
    digest = _digest_of(der.values(signer[2].content)[0])
    available = [each.whole for each in der.values(fields[3].content)] if fields[3].tag == _TAGGED else []
    certificates = _covered(available, attribute_values(own), issued)
    return Token(certificates, content, digest, own, signer[5].content, _is_curve(signer[4], digest))


def read(data: bytes, issued: Covers) -> Token:
    """Return a time stamp that `assemble` could have written, byte by byte.

    Raises:
        FormError: It could not.
    """
    token = parse(data, issued)
    if assemble(token) != data:
        raise FormError
    return token


def info(token: Token) -> Info:
    """Return what a time stamp says, if its attributes are those of its content.

    Raises:
        FormError: They are not, or it says something else.
    """
    found = attribute_values(token.attributes)
    own = hashlib.new(token.digest, token.content).digest()
    if CONTENT_TYPE not in found or found[CONTENT_TYPE].whole != _STAMP:
        raise FormError
    if MESSAGE_DIGEST not in found or found[MESSAGE_DIGEST].content != own:
        raise FormError
    fields = der.values(der.value(token.content, der.SEQUENCE).content)
    if tuple(field.tag for field in fields[:5]) != _INFO_FIELDS:
        raise FormError
    algorithm, imprint = der.parts(fields[2].whole, der.SEQUENCE, der.SEQUENCE, der.OCTETS)
    if _digest_of(der.values(algorithm.content)[0]) != "sha256":
        raise FormError
    nonces = [der.number(field.content) for field in fields[5:] if field.tag == der.INTEGER]
    return Info(imprint.content, _time(fields[4].content), nonces[0] if nonces else None)


def _covered(available: Sequence[bytes], found: dict[bytes, Value], issued: Covers) -> list[bytes]:
    name = hashlib.sha256
    listed = found.get(SIGNING_CERTIFICATE_2)
    if listed is None:
        name, listed = hashlib.sha1, found.get(_SIGNING_CERTIFICATE)  # as the older attribute does
    if listed is None:
        raise FormError
    hashes = [der.values(each.content) for each in der.values(der.values(listed.content)[0].content)]
    by_digest = {name(each).digest(): each for each in available}
    covered = [by_digest[fields[0].content] for fields in hashes if fields and fields[0].content in by_digest]
    if not covered or by_digest.get(hashes[0][0].content) != covered[0]:
        raise FormError
    while added := [each for each in available if each not in covered and issued(each, [*covered, each])]:
        covered += added
    return covered


def _digest_of(identifier: Value) -> str:
    name = next((name for name, (kind, _) in DIGESTS.items() if kind == identifier.whole), None)
    if name is None:
        raise FormError
    return name


def _is_curve(algorithm: Value, digest: str) -> bool:
    kind = der.values(algorithm.content)[0].whole
    if kind in {_RSA, *_RSA_DIGESTS}:
        return False
    if kind != DIGESTS[digest][1]:
        raise FormError
    return True


def _time(content: bytes) -> datetime:
    try:
        whole, _, fraction = content.decode("ascii").removesuffix("Z").partition(".")
        at = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return at.replace(microsecond=int(fraction[:6].ljust(6, "0")) if fraction else 0)
    except ValueError as error:
        raise FormError from error
