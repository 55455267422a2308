"""A verification finds every change of a signed PDF, and names the bytes."""

import os
import random
from pathlib import Path

import pytest

from incidents.evidence.findings import Verification
from incidents.evidence.pdf_verification import verify
from tests.evidence.pdf_sample import NOON, StampingAuthority, listening, signed, unsigned
from tests.support.pdf_identity import shared
from workers.common.pdf_signing.identity import PdfIdentity

FLIPS = int(os.environ.get("FLIPS", "1500"))
"""How many bytes are changed, one at a time; `make flips` changes each of them."""


def kinds(result: Verification) -> list[str]:
    """Return the kinds of what was found."""
    return [finding.kind for finding in result.findings]


async def test_an_untouched_pdf_is_verified(tmp_path: Path) -> None:
    """A PDF as it was signed is verified with its facts, and the expected certificate is told from any other."""
    pdf, key = await signed(tmp_path), shared()
    result = verify(pdf, key.fingerprint)
    assert result.verified
    assert result.pinned
    assert result.fingerprint == key.fingerprint
    assert result.facts == {"Signer": "CN=incident-manager-main", "Signed-At": NOON.isoformat()}
    assert not verify(pdf).pinned
    other = PdfIdentity.generate("somebody", NOON)
    forged = await signed(tmp_path, other)
    assert verify(forged).verified
    assert kinds(verify(forged, key.fingerprint)) == ["other-key"]


async def test_the_same_report_has_the_same_bytes(tmp_path: Path) -> None:
    """A signature depends on the file, its time and the key alone."""
    assert await signed(tmp_path) == await signed(tmp_path)


async def test_what_is_not_signed_is_said_to_be_unsigned(tmp_path: Path) -> None:
    """A PDF without a signature has none, and one that was cut off in it has no whole one."""
    pdf = await signed(tmp_path)
    assert kinds(verify(unsigned())) == ["no-signature"]
    assert kinds(verify(pdf[: len(unsigned()) + 3000])) == ["pdf-signature-broken"]
    assert kinds(verify(b"%PDF-1.7")) == ["no-signature"]


async def test_bytes_around_it_are_found(tmp_path: Path) -> None:
    """Bytes behind a PDF, before it and in it, and those that are gone, are named."""
    pdf = await signed(tmp_path)
    [appended] = verify(pdf + b"\n% more").findings
    assert appended.kind == "appended"
    assert appended.first_byte == len(pdf)
    assert appended.last_byte == len(pdf) + 6
    [cut] = verify(pdf[:-3]).findings
    assert cut.kind == "cut"
    assert cut.first_byte == len(pdf) - 3
    assert cut.last_byte == len(pdf) - 1
    for forged in (b"\n" + pdf, pdf[:9000] + b"x" + pdf[9000:], pdf[:9000] + pdf[9001:]):
        assert not verify(forged).verified
    twice = await signed(tmp_path, pdf=unsigned())
    assert kinds(verify(pdf + twice))[0] != "no-signature"


@pytest.mark.parametrize("stamped", [False, True], ids=["plain", "stamped"])
async def test_every_flipped_byte_is_found(tmp_path: Path, stamped: bool) -> None:
    """Whichever byte is changed, in the report, the signature, its room or its stamp, its place is named."""
    with listening(StampingAuthority()) as url:
        data = await signed(tmp_path, url=url if stamped else None)
    chance = random.Random(7)
    update = range(len(unsigned()), len(data))
    sample = [*chance.sample(range(len(unsigned())), min(FLIPS // 3, len(unsigned()))), *update]
    places = range(len(data)) if len(data) <= FLIPS else sorted(chance.sample(sample, FLIPS // 2))
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        result = verify(bytes(flipped))
        spans = [(finding.first_byte, finding.last_byte) for finding in result.findings]
        assert not result.verified, place
        assert any(first is not None and first <= place <= (last or 0) for first, last in spans), (place, spans)
