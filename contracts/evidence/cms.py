"""Signed data in the syntax of cryptographic messages (RFC 5652), as far as PDF files and time stamps use it.

It needs the extra `pdf`.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, NamedTuple, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

T = TypeVar("T")

SIGNED_DATA: Final = ObjectIdentifier("1.2.840.113549.1.7.2")
CONTENT_TYPE: Final = ObjectIdentifier("1.2.840.113549.1.9.3")
MESSAGE_DIGEST: Final = ObjectIdentifier("1.2.840.113549.1.9.4")
SIGNING_CERTIFICATE_2: Final = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")


class FormError(ValueError):
    """Bytes are not what they should be, or not in the one spelling that it has."""


@asn1.sequence
class Algorithm:
    """An algorithm; those in use have no parameters, but some must say so."""

    kind: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Attribute:
    kind: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _CertificateName:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _Signer:
    version: int
    certificate: asn1.TLV
    digest: Algorithm
    attributes: Annotated[list[asn1.TLV], asn1.Implicit(0)]
    algorithm: Algorithm
    signature: bytes
    unsigned: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.sequence
class _Content:
    kind: ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[Algorithm]
    content: _Content
    certificates: Annotated[list[asn1.TLV] | None, asn1.Implicit(0)]
    revocations: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_Signer]


@asn1.sequence
class _Message:
    kind: ObjectIdentifier
    data: Annotated[_SignedData, asn1.Explicit(0)]


class SignedMessage(NamedTuple):
    """A message with one signer: `certificates` has the signer's first, and `attributes` are signed as a set."""

    version: int
    certificates: Sequence[bytes]
    kind: ObjectIdentifier
    content: bytes | None
    digest: Algorithm
    attributes: Sequence[bytes]
    algorithm: Algorithm
    signature: bytes
    unsigned: Sequence[bytes] = ()

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is of."""
        return asn1.encode_der(asn1.SetOf(_values(self.attributes)))


def assemble(message: SignedMessage) -> bytes:
    """Return a message in the one spelling that it has here."""
    signer = _Signer(
        version=1,
        certificate=any_value(_name_of(message.certificates[0])),
        digest=message.digest,
        attributes=_values(message.attributes),
        algorithm=message.algorithm,
        signature=message.signature,
        unsigned=_values(message.unsigned) or None,
    )
    data = _SignedData(
        version=message.version,
        digests=asn1.SetOf([message.digest]),
        content=_Content(kind=message.kind, content=message.content),
        certificates=_values(message.certificates),
        revocations=None,
        signers=asn1.SetOf([signer]),
    )
    return asn1.encode_der(_Message(kind=SIGNED_DATA, data=data))


def parse(data: bytes) -> SignedMessage:
    """Return a message, with all of its certificates in any order.

    Raises:
        FormError: It is none, or has another number of signers than one.
    """
    message = decoded(_Message, data)
    signers = message.data.signers.as_list()
    if message.kind != SIGNED_DATA or len(signers) != 1:
        raise FormError
    [signer] = signers
    return SignedMessage(
        message.data.version,
        _bytes(message.data.certificates),
        message.data.content.kind,
        message.data.content.content,
        signer.digest,
        _bytes(signer.attributes),
        signer.algorithm,
        signer.signature,
        _bytes(signer.unsigned),
    )


def attribute(kind: ObjectIdentifier, value: bytes) -> bytes:
    """Return an attribute with one value."""
    return asn1.encode_der(_Attribute(kind=kind, values=asn1.SetOf([any_value(value)])))


def attribute_values(attributes: Iterable[bytes]) -> dict[ObjectIdentifier, bytes]:
    """Return the value of each attribute by its kind.

    Raises:
        FormError: One of them occurs twice or has several values.
    """
    found = dict[ObjectIdentifier, bytes]()
    for each in attributes:
        read = decoded(_Attribute, each)
        values = read.values.as_list()
        if read.kind in found or len(values) != 1:
            raise FormError
        found[read.kind] = asn1.encode_der(values[0])
    return found


def decoded(kind: type[T], data: bytes) -> T:
    """Return bytes as a value of this kind.

    Raises:
        FormError: They are none.
    """
    try:
        return asn1.decode_der(kind, data)
    except ValueError as error:
        raise FormError from error


def any_value(data: bytes) -> asn1.TLV:
    """Return bytes as a value of any kind.

    Raises:
        FormError: They are none.
    """
    return decoded(asn1.TLV, data)


def _values(parts: Iterable[bytes]) -> list[asn1.TLV]:
    """Return the parts of a set in the order that they have there."""
    return [any_value(each) for each in sorted(parts)]


def _bytes(values: Iterable[asn1.TLV] | None) -> list[bytes]:
    return [asn1.encode_der(each) for each in values or ()]


def _name_of(certificate: bytes) -> bytes:
    """Return the issuer and the serial number of a certificate.

    Raises:
        FormError: It is none.
    """
    try:
        loaded = x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise FormError from error
    issuer = any_value(loaded.issuer.public_bytes())
    return asn1.encode_der(_CertificateName(issuer=issuer, serial=loaded.serial_number))
