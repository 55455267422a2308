"""What certificates verify; it needs the extra `pdf`."""

from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from contracts.evidence import time_stamps
from contracts.evidence.cms import FormError
from contracts.evidence.time_stamps import Information

_HASHES: Final = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
_UNUSABLE: Final = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)


def is_signed(certificate: bytes, digest: str, signature: bytes, message: bytes) -> bool:
    """Tell whether the key of a certificate signed a message."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), _HASHES[digest])
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(_HASHES[digest]))
        else:
            return False
    except _UNUSABLE:
        return False
    return True


def is_issued(certificate: bytes, issuers: Sequence[bytes]) -> bool:
    """Tell whether the key of one of these certificates signed a certificate."""
    return any(_is_issued_by(certificate, issuer) for issuer in issuers)


def _is_issued_by(certificate: bytes, issuer: bytes) -> bool:
    try:
        issued, by = map(x509.load_der_x509_certificate, (certificate, issuer))
        issued.verify_directly_issued_by(by)
    except _UNUSABLE:
        return False
    return True


def stamped(stamp: bytes, imprint: bytes) -> tuple[Information, bytes]:
    """Return what a time stamp of a SHA-256 says, and the certificate of its authority, whose signature is verified.

    Raises:
        FormError: It is a stamp of something else, not of an authority, or not as the authority made it.
    """
    token = time_stamps.read(stamp, is_issued)
    information, authority = time_stamps.information(token), token.certificates[0]
    if information.imprint != imprint or not _may_stamp(authority, information):
        raise FormError
    if not is_signed(authority, time_stamps.digest_of(token), token.signature, token.signed_bytes):
        raise FormError
    return information, authority


def _may_stamp(authority: bytes, information: Information) -> bool:
    """Tell whether a certificate is one for time stamps, and was valid when it made one."""
    try:
        certificate = x509.load_der_x509_certificate(authority)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    is_valid = certificate.not_valid_before_utc <= information.at <= certificate.not_valid_after_utc
    return is_valid and ExtendedKeyUsageOID.TIME_STAMPING in usage
