"""Making an invisible place for a signature in a finished PDF, in a child process: an update at its end."""

import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    ByteStringObject,
    NameObject,
    TextStringObject,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from workers.common.sandboxed_job_main import Facts, JobResult

_FIELD: Final = "Signature"
_BLOCKS: Final = 60
_BLOCK_BYTES_MIN: Final = 4096
_UPDATE_BYTES: Final = 4096
"""What an update needs at most besides the signature itself."""

_DIGEST_BYTES: Final = 32
_ID_BYTES: Final = 16
_KEPT_BYTES_MAX: Final = 4_000_000


class _Writer(IncrementalPdfFileWriter):
    """Adds an update that depends on the file alone: no time of its own, no chance."""

    def _update_meta(self) -> None:
        """Leave both descriptions of the file as they are; they must be the same."""

    @classmethod
    def _handle_id(cls, prev: Any) -> ArrayObject:
        first = prev.trailer["/ID"][0]
        own = getattr(first, "original_bytes", first)
        return ArrayObject([ByteStringObject(own), ByteStringObject(hashlib.sha256(own).digest()[:_ID_BYTES])])


def job(facts: Facts, data: Sequence[bytes]) -> JobResult:
    """Return the update for another process: the same bytes for the same file.

    `signature_bytes` says how many a signature has without the digests that it lists; `at` is the time of the file.
    """
    [pdf] = data
    update, start, end, block_bytes, digests, digest = prepare(pdf, facts["at"], facts["signature_bytes"])
    places = {"gap_start": start, "gap_end": end, "block_bytes": block_bytes}
    worn = len(pdf) > _KEPT_BYTES_MAX
    return JobResult(places, (update, digests, digest), worn=worn)


def prepare(pdf: bytes, at: int, signature_bytes: int) -> tuple[bytes, int, int, int, bytes, bytes]:
    """Return an update, the places of the gap in the updated file, and the digests of everything else."""
    block_bytes = max(_BLOCK_BYTES_MIN, -(-len(pdf) // _BLOCKS))
    blocks = -(-(len(pdf) + _UPDATE_BYTES + 2 * (signature_bytes + 2 * _BLOCKS * _DIGEST_BYTES)) // block_bytes)
    room = 2 * (signature_bytes + blocks * _DIGEST_BYTES)
    stream = io.BytesIO(pdf)
    writer = _Writer(stream)
    _order_widgets(writer)
    outside = InvisSigSettings(set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True)
    steps: Any = PdfCMSEmbedder(SigFieldSpec(_FIELD, invis_sig_settings=outside)).write_cms(_FIELD, writer)
    field = next(steps).get_object()
    field["/TU"] = TextStringObject(_FIELD)
    moment = datetime.fromtimestamp(at, UTC)
    placeholder = SignatureObject(moment, subfilter=SigSeedSubFilter.PADES, bytes_reserved=room)
    steps.send(SigObjSetup(placeholder))
    found, _ = steps.send(SigIOSetup(md_algorithm="sha256", in_place=True))
    start, end = found.reserved_region_start, found.reserved_region_end
    with stream.getbuffer() as whole:
        update, digests = bytes(whole[len(pdf) :]), _digests(whole, start, end, block_bytes)
    return update, start, end, block_bytes, digests, found.document_digest


def _order_widgets(writer: IncrementalPdfFileWriter) -> None:
    """Say for the first page that its annotations follow the structure, as PDF/UA asks of pages that have any."""
    page = writer.find_page_for_modification(0)[0].get_object()
    if page.get("/Tabs") != "/S":
        page[NameObject("/Tabs")] = NameObject("/S")
        writer.update_container(page)


def _digests(whole: memoryview, gap_start: int, gap_end: int, block_bytes: int) -> bytes:
    """Return the digests of all blocks, without what stands in the gap."""
    found = bytearray()
    for start in range(0, len(whole), block_bytes):
        end = min(start + block_bytes, len(whole))
        digest = hashlib.sha256(whole[start : min(end, max(start, gap_start))])
        digest.update(whole[max(start, gap_end) : end])
        found += digest.digest()
    return bytes(found)
