"""The key that signs the PDF files of a site, and its certificate."""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from contracts.evidence.pdf_signatures import fingerprint

KEY_NAME: Final = "pdf-signing.key"
CERTIFICATE_NAME: Final = "pdf-signing.crt"

_KEY_BITS: Final = 3072
_KEY_BITS_MIN: Final = 2048
_EXPONENT: Final = 65_537
_NO_END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""What RFC 5280 writes for a certificate without an end."""

_EARLIER: Final = timedelta(days=1)
"""The clocks of a site may differ: a report may be older than the certificate by another clock."""


class NoPdfIdentityError(Exception):
    """There is no usable key or certificate in a file; the reason says why."""

    def __init__(self, path: Path | None, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class Files(NamedTuple):
    """Where the key and its certificate are."""

    key: Path | None = None
    certificate: Path | None = None


@dataclass(frozen=True)
class PdfIdentity:
    """A private key, its certificate, and those above it."""

    _key: rsa.RSAPrivateKey = field(repr=False)
    certificates: Sequence[x509.Certificate]

    @classmethod
    def generate(cls, name: str, now: datetime) -> "PdfIdentity":
        """Make a key, and a certificate that it signs itself."""
        key = rsa.generate_private_key(_EXPONENT, _KEY_BITS)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = [True, True, *[False] * 7]  # signatures that cannot be disowned, and nothing else
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLIER)
            .not_valid_after(_NO_END)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(*usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, [certificate])

    @classmethod
    def read(cls, files: Files, at: datetime) -> "PdfIdentity":
        """Read the key and the certificates, which must be valid at a time.

        Raises:
            NoPdfIdentityError: A file is missing or unusable, or they do not belong together.
        """
        key, certificates = _content(files.key, "PDF_KEY"), _content(files.certificate, "PDF_CERTIFICATE")
        try:
            identity = _parsed(key, certificates)
        except NoPdfIdentityError as error:
            path = files.key if error.path == Path(KEY_NAME) else files.certificate
            raise NoPdfIdentityError(path, error.reason) from error
        for certificate in identity.certificates:
            if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
                raise NoPdfIdentityError(files.certificate, _validity(certificate))
        return identity

    @property
    def chain(self) -> list[bytes]:
        """The certificates in DER, that of the key first."""
        return [certificate.public_bytes(Encoding.DER) for certificate in self.certificates]

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the certificate of the key."""
        return fingerprint(self.chain[0])

    @property
    def signature_bytes(self) -> int:
        """The length of a signature."""
        return self._key.key_size // 8

    def certificate_text(self) -> str:
        """Return the file of the certificates."""
        return "".join(each.public_bytes(Encoding.PEM).decode() for each in self.certificates)

    def key_text(self) -> str:
        """Return the private file of the key."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, which is the same each time."""
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def _content(path: Path | None, variable: str) -> bytes:
    if path is None:
        raise NoPdfIdentityError(path, f"INCIDENTS_{variable} is not set")
    try:
        return path.read_bytes()
    except OSError as error:
        raise NoPdfIdentityError(path, error.strerror or type(error).__name__) from error


@lru_cache(maxsize=4)
def _parsed(key_text: bytes, certificate_text: bytes) -> PdfIdentity:
    """Return the identity in two files; checking a key takes a tenth of a second."""
    try:
        key = load_pem_private_key(key_text, None)
    except (ValueError, TypeError) as error:
        raise NoPdfIdentityError(Path(KEY_NAME), "it is not a private key in PEM without a passphrase") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _KEY_BITS_MIN:
        raise NoPdfIdentityError(Path(KEY_NAME), "it is not an RSA key of at least 2048 bits")
    try:
        certificates = x509.load_pem_x509_certificates(certificate_text)
    except ValueError as error:
        raise NoPdfIdentityError(Path(CERTIFICATE_NAME), "it has no certificate in PEM") from error
    if certificates[0].public_key() != key.public_key():
        raise NoPdfIdentityError(Path(CERTIFICATE_NAME), "its first certificate is not that of the key")
    for certificate, issuer in pairwise(certificates):
        _require_issued(certificate, issuer)
    return PdfIdentity(key, certificates)


def _require_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature) as error:
        reason = "each certificate must be followed by the one that issued it"
        raise NoPdfIdentityError(Path(CERTIFICATE_NAME), reason) from error


def _validity(certificate: x509.Certificate) -> str:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"a certificate in it is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d} only"


_CURRENT_FILES: ContextVar[Files | None] = ContextVar("pdf_identity", default=None)


def use(files: Files) -> None:
    """Name the files for this process."""
    _CURRENT_FILES.set(files)


def current(at: datetime) -> PdfIdentity:
    """Read the identity of this process, so that new files count without a restart.

    Raises:
        NoPdfIdentityError: There is none.
    """
    return PdfIdentity.read(_CURRENT_FILES.get() or Files(), at)
