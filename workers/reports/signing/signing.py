"""Signing a finished PDF, in a thread: the private key never reaches a child process."""

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import structlog

from contracts.errors import Code, Refusal
from contracts.evidence import pdf_signatures
from contracts.evidence.pdf_signatures import Parts
from workers.common.pdf_signing import authority as authorities
from workers.common.pdf_signing import identity as identities
from workers.common.pdf_signing.identity import NoPdfIdentityError, PdfIdentity
from workers.reports.rendering.child_process_rendering import RenderedReport
from workers.reports.signing.signature_place import prepare

_FRAME_BYTES: Final = 512
"""What a signature has besides certificates, their digests, the signature itself and a time stamp, at most."""

log = structlog.get_logger()


class SignedPdf(NamedTuple):
    """A PDF with its signature, and whether an authority stamped its time; None if none was asked."""

    pdf: bytes
    is_stamped: bool | None


def require_identity(at: datetime) -> PdfIdentity:
    """Return the key and the certificate of this site; without them no PDF is made, because nobody could verify it."""
    try:
        return identities.current(at)
    except NoPdfIdentityError as error:
        log.warning("pdf_key_missing", path=str(error.path), reason=error.reason)
        raise Refusal(Code.UNAVAILABLE) from error


async def signed(report: RenderedReport, at: datetime) -> RenderedReport:
    """Return a report with its signature; `sign` says more."""
    pdf, is_stamped = await sign(report.pdf, at)
    return RenderedReport(pdf, report.pages, hashlib.sha256(pdf).hexdigest(), is_stamped)


def are_stamped(files: Iterable[bool | None]) -> bool | None:
    """Tell whether the times of all files were stamped; None if no authority was asked."""
    answers = set(files) - {None}
    return all(answers) if answers else None


async def sign(pdf: bytes, at: datetime) -> SignedPdf:
    """Return a PDF with its signature: the same bytes for the same file, unless an authority stamps its time.

    Raises:
        Refusal: There is no key, or its certificate is not valid at this time.
    """
    identity = await asyncio.to_thread(require_identity, at)
    chain, authority = identity.chain, authorities.current()
    size = _FRAME_BYTES + 128 * len(chain) + sum(map(len, chain)) + identity.signature_bytes
    place = await asyncio.to_thread(prepare, pdf, at, size + (authority.token_bytes_max if authority else 0))
    unsigned = Parts(chain, pdf_signatures.attributes(chain, place.signed), b"", None)
    signature = await asyncio.to_thread(identity.sign, unsigned.signed_bytes)
    stamp = await authority.stamp(hashlib.sha256(signature).digest()) if authority else None
    content = pdf_signatures.assemble(unsigned._replace(signature=signature, time_stamp=stamp))
    parts = pdf, place.before, pdf_signatures.hexadecimal(content, place.room), place.after
    return SignedPdf(b"".join(parts), None if authority is None else stamp is not None)
