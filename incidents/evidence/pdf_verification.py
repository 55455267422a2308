"""Verifying a signed PDF: that each of its bytes is as it was signed, by which key, and when. It needs the extra `pdf`.

The bytes are compared first, without any trust in the form of the file; then a reader of PDF files must agree.
"""

import binascii
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel

from contracts.evidence import pdf_signatures
from contracts.evidence.certificates import is_issued, is_signed, stamped
from contracts.evidence.cms import FormError
from contracts.evidence.pdf_signatures import Layout, Parts, Signed, fingerprint
from contracts.evidence.ssh_signatures import fingerprint as ssh_fingerprint
from incidents.evidence.findings import Finding, Verification
from incidents.evidence.report_activity import attached_files, log_key, verify_attached

_CANDIDATES_MAX: Final = 20
_BYTE_RANGE: Final = re.compile(rb"/ByteRange ?\[0 (\d{1,10}) +(\d{1,10}) +\d{1,10} *\]")
_CONTENTS: Final = b"/Contents<"
_TIME: Final = re.compile(rb"/M\(D:(\d{14})Z\)")
_PRINT: Final = re.compile(r"(?:SHA256:|sha256 Fingerprint=)?((?:[0-9A-F]{2}:?){32})", re.IGNORECASE)
_LINE_END: Final = re.compile(r"(?<=:)\s+")
"""What a terminal adds to a fingerprint that is longer than its lines."""

_KEY_FILE_BYTES_MAX: Final = 1_000_000
_UNREADABLE: Final = (PdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)


class _Found(NamedTuple):
    """A signature in a file: where it is, its parts, and what it signs."""

    start: int
    end: int
    parts: Parts
    signed: Signed


def expected_fingerprint(key: str) -> str:
    """Return the fingerprint of an expected certificate: itself, or that of the first certificate in a file.

    Raises:
        FormError: The file holds no certificate.
        OSError: It cannot be read.
    """
    if printed := _PRINT.fullmatch(_LINE_END.sub("", key.strip())):
        return f"SHA256:{binascii.unhexlify(printed[1].replace(':', '')).hex(':').upper()}"
    if key.startswith("SHA256:"):
        return key
    with Path(key).open("rb") as file:
        content = file.read(_KEY_FILE_BYTES_MAX)
    try:
        is_text = b"-----BEGIN" in content
        load = x509.load_pem_x509_certificate if is_text else x509.load_der_x509_certificate
        return fingerprint(load(content).public_bytes(Encoding.DER))
    except ValueError as error:
        raise FormError from error


def verify(data: bytes, expected: str | None = None) -> Verification:
    """Verify a PDF; `expected` is the fingerprint of a certificate that must have signed it, or issued the signer's."""
    result = Verification(len(data), form="pdf", opened=True)
    signature = _signature(data, result)
    if signature is not None:
        result.findings += _changed(data, signature)
        _name_signer(data, signature, expected, result)
        _verify_stamp(signature, result)
    if expected is not None and not result.pinned:
        result.findings.append(Finding("other-key", expected=expected, found=result.fingerprint))
    _verify_activity(data, result)
    if signature is not None and result.verified and not _is_read_alike(data, signature.parts):
        result.findings.append(Finding("read-otherwise"))
    return result


def _signature(data: bytes, result: Verification) -> _Found | None:
    """Return the signature of the product in a file: what it signs is as it was when it was signed."""
    first: tuple[int, int] | None = None
    for start, end in _gaps(data):
        first = first or (start, end)
        try:
            parts, signed = pdf_signatures.read(pdf_signatures.from_hexadecimal(data[start:end]))
        except FormError:
            continue
        if is_signed(parts.certificates[0], "sha256", parts.signature, parts.signed_bytes):
            return _Found(start, end, parts, signed)
    if first is None:
        result.findings.append(Finding("no-signature"))
    else:
        result.findings.append(Finding("pdf-signature-broken", first_byte=first[0], last_byte=first[1] - 1))
    return None


def _gaps(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where signatures can be, the last one first: as the file says, and where one begins."""
    ranges = list(_BYTE_RANGE.finditer(data))[-_CANDIDATES_MAX:]
    for match in reversed(ranges):
        start, end = int(match[1]), int(match[2])
        if start < end <= len(data):
            yield start, end
    at = len(data)
    for _ in range(_CANDIDATES_MAX):
        at = data.rfind(_CONTENTS, 0, at)
        if at < 0:
            return
        start = at + len(_CONTENTS) - 1
        yield start, data.find(b">", start) + 1 or len(data)


def _changed(data: bytes, signature: _Found) -> list[Finding]:
    """Return the bytes that were changed, added behind the signature, or are gone."""
    layout, findings = signature.signed.layout, list[Finding]()
    for first, end in _spans(data, layout):
        findings.append(Finding("bytes-changed", first_byte=first, last_byte=end - 1))
    if len(data) > layout.length:
        findings.append(Finding("appended", first_byte=layout.length, last_byte=len(data) - 1))
    elif len(data) < layout.length:
        findings.append(Finding("cut", first_byte=len(data), last_byte=layout.length - 1))
    if findings:
        return findings
    digest = hashlib.sha256(data[: layout.gap_start])
    digest.update(data[layout.gap_end :])
    if digest.digest() != signature.signed.digest or (signature.start, signature.end) != (
        layout.gap_start,
        layout.gap_end,
    ):
        return [Finding("bytes-changed", first_byte=0, last_byte=len(data) - 1)]
    return []


def _spans(data: bytes, layout: Layout) -> Iterator[tuple[int, int]]:
    """Yield runs of blocks that are not as they were signed; what is missing at the end is none."""
    first, last = 0, 0
    for start, end, digest in layout.blocks():
        if end > len(data) or layout.digest_of(data, start, end) == digest:
            continue
        if start != last and last:
            yield first, last
        first, last = (first if start == last and last else start), end
    if last:
        yield first, last


def _name_signer(data: bytes, signature: _Found, expected: str | None, result: Verification) -> None:
    """Say who signed and when, and compare the certificates with the expected one."""
    chain = signature.parts.certificates
    linked = [chain[0]]
    for certificate, issuer in pairwise(chain):
        if not is_issued(certificate, [issuer]):
            break
        linked.append(issuer)
    names = list(map(fingerprint, linked))
    result.fingerprint = names[0]
    result.pinned = expected in names
    signer = x509.load_der_x509_certificate(chain[0])
    result.facts["Signer"] = signer.subject.rfc4514_string()
    at = _signing_time(data[: signature.start])
    if at is None or not signer.not_valid_before_utc <= at <= signer.not_valid_after_utc:
        result.findings.append(Finding("not-valid"))
    else:
        result.facts["Signed-At"] = at.isoformat()


def _signing_time(data: bytes) -> datetime | None:
    written = _TIME.findall(data)
    try:
        return datetime.strptime(written[-1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC) if written else None
    except ValueError:
        return None


def _verify_stamp(signature: _Found, result: Verification) -> None:
    if signature.parts.time_stamp is None:
        return
    try:
        information, authority = stamped(signature.parts.time_stamp, hashlib.sha256(signature.parts.signature).digest())
    except FormError:
        layout = signature.signed.layout
        broken = Finding("time-stamp-broken", first_byte=layout.gap_start, last_byte=layout.gap_end - 1)
        result.findings.append(broken)
        return
    result.facts["Stamped-At"] = information.at.isoformat()
    result.facts["Stamped-By"] = x509.load_der_x509_certificate(authority).subject.rfc4514_string()
    result.facts["Stamped-Key"] = fingerprint(authority)


def _verify_activity(data: bytes, result: Verification) -> None:
    """Verify the activity in a report; what is attached to a file that cannot be read says nothing."""
    try:
        files = attached_files(PdfFileReader(io.BytesIO(data)))
    except (*_UNREADABLE, zlib.error, OverflowError):
        return
    activity = verify_attached(files)
    if activity is None:
        return
    result.take_activity(activity)
    if key := log_key(files):
        result.facts["Log-Key"] = ssh_fingerprint(key)


def _is_read_alike(data: bytes, parts: Parts) -> bool:
    """Tell whether a reader of PDF files finds this signature, as the only one, over the whole file."""
    try:
        signatures = PdfFileReader(io.BytesIO(data)).embedded_signatures
        [read] = signatures
        signer, certificate = read.signer_info, read.signer_cert
        is_intact, is_valid = validate_sig_integrity(signer, certificate, "data", read.compute_digest())
        coverage = read.evaluate_signature_coverage()
    except _UNREADABLE:
        return False
    is_same = certificate.dump() == parts.certificates[0]
    return is_same and is_intact and is_valid and coverage == SignatureCoverageLevel.ENTIRE_FILE
