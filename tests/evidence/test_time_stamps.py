"""Time stamps of an authority: a real one on this machine answers, fails, or sends something else."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from contracts.evidence.pdf_signatures import fingerprint
from incidents.evidence.pdf_verification import verify
from tests.evidence.pdf_sample import NOON, StampingAuthority, listening, signed, unsigned
from workers.common.pdf_signing import authority
from workers.reports.signing.signing import sign


def stamps(result: Any) -> list[str]:
    """Return the names of facts about a time stamp."""
    return [name for name in result.facts if name.startswith("Stamped")]


async def test_a_stamp_says_when_and_by_whom(tmp_path: Path) -> None:
    """A PDF is stamped where an authority is set, and verified with its time and certificate."""
    server = StampingAuthority()
    with listening(server) as url:
        result = verify(await signed(tmp_path, url=url))
    assert result.verified, result.findings
    assert result.facts["Stamped-At"] == NOON.replace(minute=1).isoformat()
    assert result.facts["Stamped-By"] == "CN=Authority of the tests"
    assert result.facts["Stamped-Key"] == fingerprint(server.certificate.public_bytes(Encoding.DER))


@pytest.mark.parametrize("answer", [b"", b"<html>", b"0\x03\x02\x01\x02", b"\x30\x05\x30\x03\x02\x01\x02"])
async def test_an_answer_without_a_stamp_loses_nothing(tmp_path: Path, answer: bytes, capfd: Any) -> None:
    """A report without a stamp is signed all the same, and the log says that it has none."""
    server = StampingAuthority()
    server.answer = answer
    with listening(server) as url:
        result = verify(await signed(tmp_path, url=url))
    assert result.verified
    assert stamps(result) == []
    assert "time_stamp_missing" in capfd.readouterr().out


async def test_the_stamp_of_another_file_is_not_taken(tmp_path: Path) -> None:
    """An answer to an earlier request is refused: its nonce and its digest are others."""
    server = StampingAuthority()
    with listening(server) as url:
        assert stamps(verify(await signed(tmp_path, url=url)))
        server.answer = server.response
        assert not stamps(verify(await signed(tmp_path, url=url)))


async def test_a_silent_authority_is_not_asked_again_at_once(tmp_path: Path) -> None:
    """After a failure the next reports are made at once, without a stamp."""
    server = StampingAuthority()
    server.answer = b""
    with listening(server) as url:
        await signed(tmp_path, url=url)
        assert not stamps(verify((await sign(unsigned(), NOON)).pdf))
    assert server.requests == 1
    assert authority.current() is not None
