"""Signing a PDF: a child process makes the place, and the key signs here, where it is."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Final

import structlog

from contracts.errors import Code, Refusal
from contracts.evidence import pdf_signatures
from contracts.evidence.pdf_signatures import Layout, Parts, Signed
from workers.common import sandboxed_jobs
from workers.common.pdf_signing import authority as authorities
from workers.common.pdf_signing import identity as identities
from workers.common.pdf_signing.identity import NoPdfIdentityError, PdfIdentity
from workers.reports.rendering.child_process_rendering import RenderedReport

_PLACE_JOB: Final = "workers.reports.signing.signature_place:job"
_FRAME_BYTES: Final = 512
"""What a signature has besides certificates, their digests, the signature itself and a time stamp, at most."""

log = structlog.get_logger()


def require_identity(at: datetime) -> PdfIdentity:
    """Return the key and the certificate of this site; without them no PDF is made, because nobody could verify it."""
    try:
        return identities.current(at)
    except NoPdfIdentityError as error:
        log.warning("pdf_key_missing", path=str(error.path), reason=error.reason)
        raise Refusal(Code.UNAVAILABLE) from error


async def signed(report: RenderedReport, at: datetime) -> RenderedReport:
    """Return a report with its signature; `sign` says more."""
    pdf = await sign(report.pdf, at)
    return RenderedReport(pdf, report.pages, hashlib.sha256(pdf).hexdigest())


async def sign(pdf: bytes, at: datetime) -> bytes:
    """Return a PDF with its signature: the same bytes for the same file, unless an authority stamps its time.

    Raises:
        Refusal: There is no key, or its certificate is not valid at this time.
        ChildError: The child process exceeded its limits, or its code crashed.
    """
    identity = await asyncio.to_thread(require_identity, at.astimezone(UTC))
    chain, authority = identity.chain, authorities.current()
    room = _FRAME_BYTES + 128 * len(chain) + sum(map(len, chain)) + identity.signature_bytes
    facts = {"at": int(at.timestamp()), "signature_bytes": room + (authority.token_bytes_max if authority else 0)}
    reply = await sandboxed_jobs.call(_PLACE_JOB, facts, [pdf])
    update, digests, digest = reply.data
    start, end = reply.facts["gap_start"], reply.facts["gap_end"]
    layout = Layout(start, end, len(pdf) + len(update), reply.facts["block_bytes"], digests)
    attributes = pdf_signatures.attributes(chain, Signed(digest, layout))
    signature = await asyncio.to_thread(identity.sign, attributes)
    stamp = await authority.stamp(hashlib.sha256(signature).digest()) if authority else None
    gap = pdf_signatures.hexadecimal(pdf_signatures.assemble(Parts(chain, attributes, signature, stamp)), end - start)
    return b"".join((pdf, update[: start - len(pdf)], gap, update[end - len(pdf) :]))
