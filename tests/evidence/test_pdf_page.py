"""The lines of docs/evidence.md about PDF files, typed into a shell: OpenSSL must be here, or they fail."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.checks.tree import ROOT
from tests.evidence.pdf_sample import StampingAuthority, listening, signed
from tests.support.pdf_identity import shared

SECTION = (ROOT / "docs" / "evidence.md").read_text().partition("## PDF files")[2].partition("\n## ")[0]
SHELL, STAMP = (block for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL) if "openssl" in block)


def shell(folder: Path, lines: str) -> subprocess.CompletedProcess[str]:
    """Type lines into a shell that stops at the first one that fails."""
    return subprocess.run(["/bin/bash", "-ec", lines], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """Return a folder with what a recipient has: a stamped report and two certificates."""
    server = StampingAuthority()
    with listening(server) as url:
        (tmp_path / "report-12.pdf").write_bytes(await signed(tmp_path, url=url))
    (tmp_path / "pdf-signing.crt").write_text(shared().certificate_text())
    (tmp_path / "authority.crt").write_bytes(server.certificate.public_bytes(Encoding.PEM))
    return tmp_path


async def test_openssl_verifies_a_signature(folder: Path) -> None:
    """The lines verify a report and print the fingerprint that the site gives; each change makes them fail."""
    ended = shell(folder, SHELL)
    assert (ended.returncode, "successful" in ended.stderr) == (0, True), ended.stderr
    assert shared().fingerprint.removeprefix("SHA256:") in ended.stdout
    pdf = (folder / "report-12.pdf").read_bytes()
    for forged in (pdf.replace(b"/Type/Page/", b"/Type/Pagf/", 1), pdf + b"\n"):
        (folder / "report-12.pdf").write_bytes(forged)
        assert "CMS Verification failure" in shell(folder, SHELL).stderr


async def test_openssl_verifies_a_time_stamp(folder: Path) -> None:
    """The lines verify the stamp, and not with the certificate of somebody else."""
    ended = shell(folder, SHELL + STAMP)
    assert (ended.returncode, "Verification: OK" in ended.stdout) == (0, True), ended.stderr
    other = StampingAuthority().certificate.public_bytes(Encoding.PEM)
    (folder / "authority.crt").write_bytes(other)
    assert shell(folder, SHELL + STAMP).returncode != 0
